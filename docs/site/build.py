"""Builds the site of the documents: build.py SOURCE_FOLDER OUTPUT_FOLDER [--doxygen PROGRAM] [--depfile FILE].

The pages are the documents as they lie in the source tree, the programs of examples/, and the reference, which
Doxygen makes of the headers. Links between documents work in the source tree, so they are turned here into those
of the site; a program or a header that a document names is a page too. OUTPUT_FOLDER is made anew. A warning of
Doxygen is an error.
"""
import argparse
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

# The menu: headings, and the pages below them.
MENU = {
    'Start': ['README.md', 'docs/guide.md', 'docs/cookbook.md', 'docs/from-keras.md', 'docs/from-pytorch.md',
              'docs/examples.md'],
    'Guides': ['docs/data.md', 'docs/layers.md', 'docs/training.md', 'docs/quantization.md', 'docs/onnx.md', 'docs/keras.md', 'docs/mpi.md', 'docs/report.md', 'docs/source.md', 'docs/tools.md',
               'docs/terminal.md', 'docs/cpp.md', 'docs/python.md', 'docs/threads.md', 'docs/security.md', 'docs/debugging.md'],
    'Reference': ['reference.md', 'docs/model-file.md', 'docs/abi.md'],
    'Figures': ['docs/gallery.md', 'docs/results/README.md', 'docs/results/findings.md', 'docs/performance.md'],
    'Project': ['docs/design.md', 'docs/packaging.md', 'CONTRIBUTING.md', 'RELEASING.md', 'SECURITY.md', 'CHANGELOG.md'],
}
TITLES = {'README.md': 'Overview', 'reference.md': 'C and C++ reference', 'docs/from-keras.md': 'From Keras',
          'docs/from-pytorch.md': 'From PyTorch', 'docs/abi.md': 'The ABI',
          'docs/results/findings.md': 'Findings'}
PICTURES = ('docs', 'docs/gallery')
LANGUAGES = {'py': 'py', 'python': 'py', 'c': 'c', 'cpp': 'cpp', 'cpp results': 'cpp', 'sh': ''}
FENCE = re.compile(r'^```([^\n]*)\n(.*?)^```$', re.M | re.S)
# What begins with a quote has to be told apart from what only looks like a link inside of it.
LINK = re.compile(r'(?P<quoted>(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`))'
                  r'|(?P<image>!?)\[(?P<text>(?:`[^`]*`|[^\[\]`])*)\]\((?P<target>[^()\s]+)\)', re.S)
# How comments of headers say which calls may run at the same time: at their end, or before they tell of parameters.
BLANK = r'(?:\n \*|[ \n])+'
RULES = ('Any thread', 'No other thread', 'No other call', 'Only in the thread', 'Threads as', 'Any number of threads')
THREADS = re.compile(r'((?:' + '|'.join(RULES).replace(' ', BLANK) + r')\b'
                     r'(?:(?!\*/)[^.]|\.(?![ \n]))*?\.)' + BLANK + r'(?=Since|@param|@return)')
SINCE = re.compile(r'Since' + BLANK + r'(\d+\.\d+)(?:,' + BLANK + r'(experimental))?\.(' + BLANK + r')?(?=\*/)')
# The first sentence of a comment, which the list at the top of a page has.
BRIEF = re.compile(r'^(/\*\*(?: @file [\w.]+)?(?:\n \*|[ \n])+)(?![<@])((?:`[^`]*`|<code>.*?</code>|(?!\*/|\n \*\n|@return)[^`])*?'
                   r'(?<!\.)\.(?!\.))(?=[ \n])(?!\s*\*/)(\n \*[ ]*(?=[^\s/])|[ ]+(?=\S))?', re.S)


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)


def slug(heading):
    """What forges make of a heading to link to it."""
    words = re.sub(r'\[([^\]]*)\]\([^)]*\)', r'\1', heading).replace('`', '').strip().lower()
    return re.sub(r'[^\w\- ]', '', words).replace(' ', '-')


def doxygen_name(path):
    """The page that Doxygen makes of a header."""
    escapes = {'_': '__', '.': '_8', '/': '_2', '-': '-'}
    return ''.join(escapes.get(letter, letter) for letter in path) + '.html'


class Site:
    """The files that become pages, and what Doxygen is given of them."""

    def __init__(self, source, work):
        self.source, self.work = source, work
        self.pages = {}     # path in the source tree: name of the page, without .html
        self.inputs = []
        for group in MENU.values():
            for path in group:
                self.pages[path] = self.page_name(path)
        for path in self.find('docs/results', '.md') + self.find('docs', '.md', deep=False):
            self.pages.setdefault(path, self.page_name(path))
        self.programs = [path for folder in ('examples', 'lib/python/examples')
                         for path in self.find(folder, '.c', '.cpp', '.py', '.h')]
        # Doxygen calls the page of a header by its name alone, as no two have the same.
        self.headers = self.find('include', '.h', '.hpp')

    def find(self, folder, *endings, deep=True):
        found = []
        for parent, _, names in os.walk(os.path.join(self.source, folder)):
            if deep or os.path.samefile(parent, os.path.join(self.source, folder)):
                found += [os.path.relpath(os.path.join(parent, name), self.source)
                          for name in names if name.endswith(endings)]
        return sorted(found)

    def title(self, path):
        return TITLES.get(path) or re.match(r'# (.*)', self.read(path))[1]

    @staticmethod
    def page_name(path):
        if path == 'README.md':
            return 'index'
        name = re.sub(r'(/README|/results)?\.md$', '', path).lower()
        return re.sub(r'^docs/', '', name).replace('/', '-')

    @staticmethod
    def program_name(path):
        return 'program-' + re.sub(r'[/.]', '-', path.replace('lib/python/examples', 'python').replace('examples/', ''))

    def read(self, path):
        self.inputs.append(os.path.join(self.source, path))
        return read(self.inputs[-1])

    def address(self, page, target):
        """Where a link of a page leads on the site; None if that is not a part of it."""
        if re.match(r'https?:', target):
            return target
        path, _, anchor = target.partition('#')
        path = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
        if path in self.pages:
            name = self.pages[path]
            return f'{name}.html' + (f'#{name}-{anchor}' if anchor else '')
        if path in self.headers:
            return doxygen_name(os.path.basename(path))
        if path in self.programs:
            return self.program_name(path) + '.html'
        if path == 'include' or os.path.dirname(path) == 'include':
            return 'reference.html'
        return None

    def link(self, page):
        def replace(found):
            if found['quoted']:
                return found[0]
            target = found['target']
            if found['image']:
                return f'![{found["text"]}]({os.path.basename(target)})'
            address = self.address(page, target)
            text = found['text']
            # What is called by the name of its file is called by its title here.
            if text in (target.partition('#')[0], os.path.basename(target.partition('#')[0])):
                path = os.path.normpath(os.path.join(os.path.dirname(page), text if '/' in text else target.partition('#')[0]))
                text = self.title(path) if path in self.pages else text
            return f'[{text}]({address})' if address else text
        return replace

    def page(self, path, text):
        """A document as Doxygen is to read it: its links, names of its headings, its code."""
        name = self.pages[path]
        output, end, title, taken = [], 0, None, {}
        for fence in list(FENCE.finditer(text)) + [None]:
            prose = LINK.sub(self.link(path), text[end:fence.start() if fence else len(text)])

            def heading(found):
                nonlocal title
                if title is None:
                    title = found[2]
                    label = '{#mainpage}' if name == 'index' else f'{{#{name}}}'
                    return f'{found[0]} {label}\n\n[TOC]\n'
                label = slug(found[2])
                taken[label] = taken.get(label, -1) + 1
                return f'{found[0]} {{#{name}-{label}' + (f'-{taken[label]}' if taken[label] else '') + '}'
            output.append(re.sub(r'^(#{1,6}) (.*)$', heading, prose, flags=re.M))
            if fence:
                language = LANGUAGES.get(fence[1], '')
                output.append(f'```{{.{language}}}\n{fence[2]}```' if language else f'```\n{fence[2]}```')
                end = fence.end()
        write(os.path.join(self.work, 'pages', name + '.md'), ''.join(output))

    def header(self, path):
        """A header whose comments have threads and age in paragraphs of their own, behind all else."""
        text = re.sub(r'inline namespace NEURON_CPP_MODE\n\{|\} // namespace NEURON_CPP_MODE', '', self.read(path))

        def comment(found):
            threads = THREADS.search(found[0])
            inside = THREADS.sub('', found[0]) if threads else found[0]

            def since(age):
                rule = re.sub(BLANK, ' ', threads[1]) if threads else ''
                return ('\n *' + (f'\n *  @par Threads\n *  {rule}\n *' if rule else '')
                        + f'\n *  @since {age[1]}' + (' @experimental' if age[2] else '') + '\n ')
            words = re.sub(r'`[^`\n]*[<>@\\][^`\n]*`', lambda code: f'<code>{html.escape(code[0][1:-1], quote=False)}</code>',
                           SINCE.sub(since, inside))
            words = re.sub(r'\n \*  (?=(?:Arrays|Options): )', '\n *\n *  ', words)
            words = BRIEF.sub(lambda first: f'{first[1]}@brief {first[2]}' + ('\n *\n *  ' if first[3] else ''), words, count=1)
            return re.sub(r'@(?!(?:file|brief|param|return|par|since|experimental)\b)', '\\\\@', words)
        text = re.sub(r'/\*\*(?:(?!\*/).)*\*/', comment, text, flags=re.S)
        write(os.path.join(self.work, 'headers', path.replace('include/', '')), text)

    def reference(self):
        """The first page of the reference: the headers in the order in which to read them."""
        order = re.findall(r'#include <libneuron/(\w+\.h)>', read(os.path.join(self.source, 'include/libneuron/libneuron.h')))
        core = [path for path in self.headers if path.startswith('include/libneuron/')]
        paths = [f'include/libneuron/{name}' for name in order] + ['include/libneuron/libneuron.hpp']
        lines = ['# Reference', '',
                 'Every call, type and constant, by header, in the order in which they are best read. A program includes '
                 '`<libneuron/libneuron.h>`, which has them all, or any of them alone. What is marked '
                 '@experimental may still change in any version: [The ABI](docs/abi.md). Each call says below *Threads* '
                 'which others may run at the same time.', '', *self.contents(paths + [path for path in core if path.endswith('.hpp')]), '',
                 '## Libraries beside it', '',
                 'Each is a shared library of its own; a program includes its headers by their names.', '',
                 *self.contents(sorted(set(self.headers) - set(core)))]
        self.page('reference.md', '\n'.join(lines) + '\n')

    def contents(self, paths):
        """A table of headers, each once, with the first sentence of what it says of itself."""
        lines = ['| header | what it has |', '| --- | --- |']
        for path in dict.fromkeys(paths):
            name = os.path.relpath(path, 'include').replace('libneuron/', '').replace('cpp/', '')
            brief = re.search(r'@file \S+\s+\*\s+(.*?)[.:]?(?:(?<=\.)\s|\n \*(?:\n|/|  -))', self.read(path), re.S)
            lines.append(f'| [{name}]({path}) | {re.sub(BLANK, " ", brief[1])}. |')
        return lines

    def program(self, path):
        """A program as a page, in which the calls are links."""
        text = self.read(path)
        name = self.program_name(path)
        write(os.path.join(self.work, 'code', path), text)
        write(os.path.join(self.work, 'programs', name + '.dox'),
              f'/** @page {name} {os.path.basename(path)}\n`{path}`\n@include {path}\n*/\n')

    def menu(self):
        lines = []
        for group, paths in MENU.items():
            lines.append(f'<h2>{group}</h2>\n<ul>')
            for path in paths:
                lines.append(f'<li><a href="$relpath^{self.pages[path]}.html">{html.escape(self.title(path))}</a></li>')
            lines.append('</ul>')
        return '\n'.join(lines)

    def prepare(self):
        for path in self.pages:
            if path != 'reference.md':
                self.page(path, self.read(path))
        self.reference()
        for path in self.headers:
            self.header(path)
        for path in self.programs:
            self.program(path)
        here = os.path.dirname(os.path.abspath(__file__))
        self.inputs += [os.path.join(here, name) for name in sorted(os.listdir(here))
                        if os.path.isfile(os.path.join(here, name))]
        write(os.path.join(self.work, 'header.html'), read(os.path.join(here, 'header.html')).replace('@MENU@', self.menu()))

    def run(self, doxygen, output):
        here = os.path.dirname(os.path.abspath(__file__))
        version = re.search(r'NEURON_VERSION_STRING "(.*?)"', read(os.path.join(self.source, 'include/libneuron/version.h')))[1]
        settings = {
            'PROJECT_NUMBER': version, 'OUTPUT_DIRECTORY': self.work, 'HTML_OUTPUT': 'html',
            'INPUT': ' '.join(f'"{os.path.join(self.work, part)}"' for part in ('pages', 'headers', 'programs')),
            'STRIP_FROM_PATH': os.path.join(self.work, 'headers'), 'EXAMPLE_PATH': os.path.join(self.work, 'code'),
            'LAYOUT_FILE': os.path.join(here, 'layout.xml'),
            'HTML_HEADER': os.path.join(self.work, 'header.html'), 'HTML_FOOTER': os.path.join(here, 'footer.html'),
            'GENERATE_TAGFILE': os.path.join(self.work, 'symbols.xml'),
            'IMAGE_PATH': ' '.join(f'"{os.path.join(self.source, folder)}"' for folder in PICTURES),
            'ALIASES': 'experimental="<span class=\\"experimental\\">experimental</span>"',
        }
        # Only the last one can have quotes inside of it.
        text = read(os.path.join(here, 'Doxyfile')) + ''.join(
            f'{name} = {value}\n' if name in ('ALIASES', 'INPUT', 'IMAGE_PATH') else f'{name} = "{value}"\n' for name, value in settings.items())
        result = subprocess.run([doxygen, '-'], input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                cwd=self.work, env=dict(os.environ, LC_ALL='C.UTF-8'))
        if result.returncode or 'warning:' in result.stdout:
            sys.exit(result.stdout.replace(self.work + '/', '') or f'{doxygen} ended with {result.returncode}')
        self.finish(os.path.join(self.work, 'html'), output)

    def finish(self, made, output):
        """Leaves out what Doxygen brings along and the pages do not use, and writes the list that is searched."""
        here = os.path.dirname(os.path.abspath(__file__))
        symbols = self.symbols()
        places = {name: address for name, _, address in symbols if re.fullmatch(r'(neuron|NEURON)_\w+', name)}
        shutil.rmtree(output, ignore_errors=True)
        os.makedirs(output)
        for name in sorted(os.listdir(made)):
            if name.endswith('.html') and not name.startswith('dir_'):
                write(os.path.join(output, plain_names(name)), polish(name, read(os.path.join(made, name)), places))
            elif name.endswith('.svg') and any(os.path.exists(os.path.join(self.source, folder, name)) for folder in PICTURES):
                shutil.copy(os.path.join(made, name), output)
        for name in ('site.css', 'site.js'):
            shutil.copy(os.path.join(here, name), output)
        symbols = [[name, where, f'{address.partition("#")[0]}#{name}' if places.get(name) == address else address]
                   for name, where, address in symbols]
        symbols = json.loads(plain_names(json.dumps(symbols)))
        write(os.path.join(output, 'symbols.js'), 'const SYMBOLS = ' + json.dumps(symbols, ensure_ascii=False, indent=0) + ';\n')

    def symbols(self):
        """[name, where it is told of, address] of all that can be looked for."""
        found = []
        for compound in xml.etree.ElementTree.parse(os.path.join(self.work, 'symbols.xml')).getroot():
            kind, name = compound.get('kind'), compound.findtext('name')
            title = compound.findtext('title') or name
            address = compound.findtext('filename') or ''
            address += '' if address.endswith('.html') else '.html'
            if kind in ('dir',):
                continue
            if kind == 'page' and name.startswith('program-'):
                found.append([title, 'program', address])
            elif kind == 'page':
                found.append([html.unescape(title), '', address])
            elif kind == 'file':
                found.append([name, 'header', doxygen_name(name) if not compound.findtext('filename') else address])
            elif kind in ('class', 'struct') and '::' in name:
                found.append([name, 'C++', address])
            for member in compound.findall('member'):
                word = member.findtext('name')
                shown = f'{name}::{word}' if '::' in name or name == 'neuron' else word
                place = f"{member.findtext('anchorfile')}#{member.findtext('anchor')}"
                if not word.startswith('~') and [shown, title if kind != 'file' else name, place] not in found:
                    found.append([shown, name if kind == 'file' else 'C++', place])
        return found


def prototype(found):
    """A declaration as code, a line for each parameter if there are several."""
    cells = re.findall(r'<td class="(memname|paramtype|paramname)">(.*?)</td>', found[1], re.S)
    name = ' '.join(cells[0][1].split())
    name = re.sub(r'\* (?=[\w:~<]+$)', '*', name)
    parameters = [re.sub(r'\*(?:&#160;| )+(?=<em>)', '*', f'{kind.strip()}{word.strip()}'.replace('&#160;', ' ')).rstrip()
                  for (_, kind), (_, word) in zip(cells[1::2], cells[2::2])]
    labels = ''.join(f' <span class="label">{label}</span>' for label in re.findall(r'<span class="mlabel">(.*?)</span>', found[0]))
    if '<td>(</td>' not in found[1]:
        return f'<pre class="prototype">{name}{labels}</pre>'
    gap = '\n    ' if len(parameters) > 1 else ''
    text = re.sub(r'\s+', ' ', ' '.join(parameters)) if len(parameters) < 2 else gap.join(parameters)
    return f'<pre class="prototype">{name}({gap}{text}){labels}</pre>'


def polish(name, text, places):
    """A page of Doxygen's as it is to be: without its scripts, tool tips and tables for what is no table."""
    names = {address: symbol for symbol, address in places.items()}
    text = re.sub(r'<script[^>]*>\s*(?:/\*.*?\*/\s*)?</script>(?=\s*<(?:div|/div))', '', text, flags=re.S)
    text = re.sub(r'<div id="nav-path".*?</div>\n(?:</div><!-- top -->\n)?', '', text, flags=re.S)
    text = text.replace('</div><!-- top -->\n', '')
    text = re.sub(r'<!-- Generated by Doxygen.*?-->\n', '', text)
    text = re.sub(r'^<div class="ttc".*</div>\n', '', text, flags=re.M)
    text = re.sub(r'<p ?><a class="anchor" id="md_\w*"></a></p>\n|\s*<a href="[^"]*">More\.\.\.</a>(?:<br />)?', '', text)
    text = re.sub(r'( File| Struct| Class| Namespace)( Template)? Reference(?=<|</title>)', '', text)
    text = re.sub(r'<title>libneuron: (libneuron)?', r'<title>\1', text)
    # What a class of C++ inherits is told with the class that it has it from.
    text = re.sub(r'<tr class="\w+:\w* inherit .*?</tr>\n', '', text, flags=re.S)
    text = re.sub(r'<td colspan="2" onclick="[^"]*"><img src="closed.png" alt="-"/>&#160;', '<td colspan="2">', text)
    text = re.sub(r'<a name="details" id="details"></a><h2 class="groupheader">Detailed Description</h2>\n', '', text)
    head, main, text = text.partition('<main>')
    text = head + main + re.sub(r'<(/?)h([1-5])(?=[ >])', lambda tag: f'<{tag[1]}h{int(tag[2]) + 1}', text)
    text = re.sub(r'<div class="title">(.*?)</div>', r'<h1 class="title">\1</h1>', text, flags=re.S)
    text = re.sub(r'<div class="memproto">\s*(.*?)</div>(?=<div class="memdoc">)', prototype, text, flags=re.S)
    text = text.replace('NEURON_API_EXPERIMENTAL', '<span class="experimental">experimental</span>')
    text = re.sub(r'(<table class="(?:markdownTable|doxtable)">.*?</table>)', r'<div class="scroll" tabindex="0">\1</div>', text,
                  flags=re.S)
    text = text.replace(f'<li><a href="{name}">', f'<li><a aria-current="page" href="{name}">')

    def symbol(found):
        return f'<a class="el" href="{places[found[0]]}">{found[0]}</a>' if found[0] in places else found[0]
    text = re.sub(r'<code>[^<]*</code>', lambda code: re.sub(r'\b(?:neuron|NEURON)_\w+', symbol, code[0]), text)
    # Calls in tables may go on in the next line, but not within a name.
    text = re.sub(r'<td class="markdown.*?</td>', lambda cell: re.sub(
        r'<code>.*?</code>', lambda code: re.sub(r'((?<!<)[(=\[{/])(?=[^<>]+<)', r'\1<wbr>', code[0]), cell[0]), text)
    # Places of the interface of C are called as what is there, in place of a number.
    text = re.sub(r'(id|name)="(a[0-9a-f]{32,})"', lambda found: f'{found[1]}="{names.get(f"{name}#{found[2]}", found[2])}"', text)
    text = re.sub(r'href="#(a[0-9a-f]{32,})"', lambda found: f'href="#{names.get(f"{name}#{found[1]}", found[1])}"', text)
    text = re.sub(r'href="([^"]*)#(a[0-9a-f]{32,})"',
                  lambda found: f'href="{found[1]}#{names.get(f"{found[1]}#{found[2]}", found[2])}"', text)
    text = re.sub(r'{ <b>(NEURON_\w+)</b>', r'{ <b id="\1">\1</b>', text)
    return plain_names(text)


def plain_names(text):
    """event_log.h.html in place of event__log_8h.html."""
    return re.sub(r'\b([\w-]+)_8(h|hpp)\.html', lambda found: f'{found[1].replace("__", "_")}.{found[2]}.html', text)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('source')
    parser.add_argument('output')
    parser.add_argument('--doxygen', default='doxygen')
    parser.add_argument('--depfile')
    parser.add_argument('--keep', help='a folder for what Doxygen is given and makes, to look at')
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        site = Site(os.path.abspath(arguments.source), os.path.abspath(arguments.keep or work))
        site.prepare()
        site.run(arguments.doxygen, os.path.abspath(arguments.output))
    if arguments.depfile:
        write(arguments.depfile, arguments.output + ': ' + ' '.join(sorted(set(site.inputs))) + '\n')


if __name__ == '__main__':
    main()
