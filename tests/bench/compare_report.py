"""What compare.py prints of its results."""
import statistics

PERCENTILES = (0, 10, 25, 50, 75, 90)  # 0: the least


def text_of(setting):
    words = [f'{setting["threads"]} threads'] if 'threads' in setting else []
    words += [str(name) if value is True else str(value) for name, value in setting.items()
              if name != 'threads' and value and value != 'none']
    return ', '.join(words)


def print_head():
    print(f'\n{"row":12} {"pass":5} {"batch":>5} {"threads":>7} {"images/s":>10}   '
          f'{"peer":12} {"images/s":>10} {"ratio":>6}  its best setting')


def print_entry(entry):
    start = (f'{entry["row"]:12} {entry["pass"]:5} {entry["batch"]:5} {entry["threads"]:7} '
             f'{entry["images_per_second"]:10.0f}   ')
    for name, peer in entry['peers'].items():
        print(f'{start}{name:12} {peer["images_per_second"]:10.0f} {peer["ratio"]:6.2f}  '
              f'{text_of(peer["setting"])}', flush=True)
        start = ' ' * len(start)
    if not entry['peers']:
        print(start.rstrip(), flush=True)


def print_memory(rows):
    rows = [entry for entry in rows if entry['peers'].get('torch', {}).get('peak_bytes')]
    if rows:
        print(f'\n{"row":12} {"MB to train":>12} {"torch":>10}')
    for entry in rows:
        print(f'{entry["row"]:12} {1e-6 * entry["peak_bytes"]:12.1f} '
              f'{1e-6 * entry["peers"]["torch"]["peak_bytes"]:10.1f}')


def geometric_mean(rows):
    """Of the training rows, against PyTorch; None without any."""
    ratios = [entry['peers']['torch']['ratio'] for entry in rows
              if entry['pass'] == 'train' and 'torch' in entry['peers']]
    return statistics.geometric_mean(ratios) if ratios else None


def percentile(ordered, share):
    place = share / 100 * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def summarise(rows):
    """Percentiles of the ratios: in training to PyTorch, in prediction to the best of all."""
    groups = {'training / torch': [], 'prediction / best': [], 'prediction at 1 / best': []}
    for entry in rows:
        if entry['pass'] == 'train':
            ratio = entry['peers'].get('torch', {}).get('ratio')
            group = 'training / torch'
        else:
            ratio = min((peer['ratio'] for peer in entry['peers'].values()), default=None)
            group = 'prediction at 1 / best' if entry['batch'] == 1 else 'prediction / best'
        if ratio is not None:
            groups[group].append((ratio, entry['row']))
    return percentiles(groups)


def percentiles(groups):
    """Of the pairs (ratio, row) of each group, without groups that have none."""
    return {name: {'count': len(ratios), 'least': min(ratios)[1],
                   **{str(share): percentile(sorted(ratio for ratio, _ in ratios), share)
                      for share in PERCENTILES}}
            for name, ratios in groups.items() if ratios}


def print_summary(mean, summary):
    if mean:
        print(f'\nTraining, geometric mean of the ratios to torch: {mean:.2f}')
    if summary:
        print(f'\n{"ratio":24} {"rows":>4} {"min":>6} ' +
              ' '.join(f'{f"{share}%":>6}' for share in PERCENTILES[1:]) + '  least')
    for name, figures in summary.items():
        print(f'{name:24} {figures["count"]:4} ' +
              ' '.join(f'{figures[str(share)]:6.2f}' for share in PERCENTILES) +
              f'  {figures["least"]}')
