"""Chromium without a window, told what to do by the DevTools protocol over two pipes: no port, no package.

    with chromium.Browser() as browser:
        page = browser.open('/path/to/page.html', width=360, scheme='dark')
        print(page.evaluate('document.title'), page.complaints, page.requests)

The standard library is enough. chromium.find() is None where there is no browser.
"""
import base64
import fcntl
import json
import os
import pathlib
import select
import shutil
import subprocess
import tempfile
import time

SECONDS = 120  # that an answer may take on a machine that has much else to do


def find():
    """The program: $CHROMIUM, or one of its usual names."""
    names = [os.environ['CHROMIUM']] if os.environ.get('CHROMIUM') else ['chromium', 'chromium-browser', 'google-chrome']
    return next((path for path in map(shutil.which, names) if path), None)


class Failure(Exception):
    """The browser did not do what it was asked for."""


class Browser:
    """A browser with a profile of its own, which ends with its block."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix='libneuron-chromium-')
        read, their_write = os.pipe()
        their_read, write = os.pipe()
        # Its ends become 3 and 4 there, and are neither of them here.
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (their_read, their_write)]
        self.process = subprocess.Popen(
            [find(), '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--hide-scrollbars',
             '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
             '--force-color-profile=srgb', f'--user-data-dir={self.profile}', '--remote-debugging-pipe', 'about:blank'],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=False,
            preexec_fn=lambda: [os.dup2(end, number) for number, end in enumerate(ends, 3)])
        for end in [their_read, their_write, *ends]:
            os.close(end)
        self.read, self.write = read, write
        self.last, self.rest, self.events = 0, b'', []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.call('Browser.close')
        except (Failure, OSError):
            self.process.kill()
        os.close(self.write)
        self.process.wait()
        os.close(self.read)
        shutil.rmtree(self.profile, ignore_errors=True)

    def receive(self, seconds):
        """The next message; None if there is none for so long."""
        until = time.monotonic() + seconds
        while b'\0' not in self.rest:
            left = until - time.monotonic()
            if left < 0 or not select.select([self.read], [], [], left)[0]:
                return None
            got = os.read(self.read, 1 << 20)
            if not got:
                raise Failure('the browser has ended')
            self.rest += got
        message, self.rest = self.rest.split(b'\0', 1)
        return json.loads(message)

    def call(self, method, session=None, **parameters):
        self.last += 1
        message = {'id': self.last, 'method': method, 'params': parameters}
        if session:
            message['sessionId'] = session
        text = json.dumps(message).encode() + b'\0'
        while text:
            text = text[os.write(self.write, text):]
        while True:
            got = self.receive(SECONDS)
            if got is None:
                raise Failure(f'{method}: no answer in {SECONDS} seconds')
            if got.get('id') != self.last:
                self.events.append(got)
            elif 'error' in got:
                raise Failure(f'{method}: {got["error"]}')
            else:
                return got['result']

    def open(self, path, **look):
        return Page(self, path, **look)


class Page:
    """A page in a tab of its own: what it asked for in `requests`, what it complained of in `complaints`."""

    def __init__(self, browser, path, width=1280, height=900, scheme='light'):
        self.browser, self.requests, self.complaints = browser, [], []
        self.url = pathlib.Path(path).resolve().as_uri()
        self.target = browser.call('Target.createTarget', url='about:blank')['targetId']
        self.session = browser.call('Target.attachToTarget', targetId=self.target, flatten=True)['sessionId']
        for domain in 'Page', 'Runtime', 'Log', 'Network':
            self.call(f'{domain}.enable')
        self.look(width, height, scheme)
        browser.events.clear()
        failed = self.call('Page.navigate', url=self.url).get('errorText')
        if failed:
            raise Failure(f'{path}: {failed}')
        self.wait('Page.loadEventFired')

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def look(self, width, height=900, scheme='light', media=''):
        """How wide the window is, in pixels, and what its reader prefers."""
        self.call('Emulation.setDeviceMetricsOverride', width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call('Emulation.setEmulatedMedia', media=media,
                  features=[{'name': 'prefers-color-scheme', 'value': scheme}])

    def wait(self, method):
        until = time.monotonic() + SECONDS
        while not any(event.get('method') == method for event in self.browser.events):
            got = self.browser.receive(until - time.monotonic())
            if got is None:
                raise Failure(f'no {method} in {SECONDS} seconds')
            self.browser.events.append(got)
        self.hear()

    def hear(self):
        """Takes in what has happened."""
        for event in self.browser.events:
            told = event.get('params', {})
            if event.get('sessionId') != self.session:
                continue
            if event['method'] == 'Network.requestWillBeSent':
                self.requests.append(told['request']['url'])
            elif event['method'] == 'Runtime.consoleAPICalled':
                words = ' '.join(str(each.get('value', each.get('description'))) for each in told['args'])
                self.complaints.append(f'{told["type"]}: {words}')
            elif event['method'] == 'Runtime.exceptionThrown':
                self.complaints.append(f'exception: {told["exceptionDetails"]["text"]}')
            elif event['method'] == 'Log.entryAdded':
                self.complaints.append(f'{told["entry"]["level"]}: {told["entry"]["text"]}')
        self.browser.events.clear()

    def evaluate(self, expression):
        """The value of JavaScript, or of the promise that it is."""
        got = self.call('Runtime.evaluate', expression=expression, returnByValue=True, awaitPromise=True)
        if 'exceptionDetails' in got:
            raise Failure(f'{got["exceptionDetails"]}')
        return got['result'].get('value')

    def screenshot(self, whole=True):
        """A PNG of all of the page, or of what is in the window."""
        return base64.b64decode(self.call('Page.captureScreenshot', captureBeyondViewport=whole)['data'])

    def pdf(self):
        """As it is printed, on A4."""
        return base64.b64decode(self.call('Page.printToPDF', printBackground=True, paperWidth=8.27,
                                          paperHeight=11.69)['data'])

    def close(self):
        self.hear()
        self.browser.call('Target.closeTarget', targetId=self.target)
