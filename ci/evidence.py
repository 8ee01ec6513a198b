"""What the commands that write TRACK_RECORD.md share: a run as its results tell it, the sections of that file, an interval."""
import collections
import datetime
import json
import math
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TRACK_RECORD = os.path.join(ROOT, 'TRACK_RECORD.md')
HEADING = ('# Track record\n\nFigures of what the harness sees. Each section is made by the command that it names, from its own last run; '
           'nothing here is edited by hand.\n\n')
# In the order in which the file has them.
COMMANDS = ('ci/track-record', 'ci/canary', 'ci/soak', 'ci/mutants')


class Run:
    """One run, as its results.json tells it."""

    def __init__(self, harness, scenario, server, seed, store, directives=()):
        command = [harness, 'run', scenario, '--server', server, '--seed', str(seed), '--store', store, '--json', '--no-progress']
        for directive in directives:
            command += ['--directive', directive]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.code = done.returncode
        self.error = done.stderr.strip()
        try:
            self.results = json.loads(done.stdout)
        except json.JSONDecodeError:
            self.results = {}

    def caught(self):
        return self.code == 1

    def seconds(self):
        return self.results.get('duration_ms', 0) / 1000

    def operations(self):
        return (self.results.get('strength') or {}).get('operations', 0)

    def violated(self):
        """Checker -> (the promises that its violations name, their types)."""
        found = {}
        for check in self.results.get('checks', []):
            if check.get('violations', 0) > 0:
                anomalies = [a for a in check.get('anomalies', []) if not a.get('allowed')]
                found[check['name']] = {a.get('promise', '') for a in anomalies}, [a['type'] for a in anomalies]
        return found

    def known(self):
        """Violations that the scenario lists as known: (checker, type)."""
        return [(k['check'], k['anomaly']) for k in self.results.get('known', []) if k.get('listed')]

    def build(self):
        server = self.results.get('server') or {}
        return f'{server["flavor"]} {server["version"]}' if server else ''

    def verdict(self):
        return self.results.get('explanation') or self.error


def most_common(names, count=3):
    return ', '.join(name for name, _ in collections.Counter(names).most_common(count))


def commit():
    """The commit that is measured; "+" when the tree has changes besides those of the track record itself."""
    def git(*words):
        return subprocess.run(['git', '-C', ROOT, *words], capture_output=True, text=True, check=False).stdout.strip()
    changed = git('status', '--porcelain', '--', '.', ':!TRACK_RECORD.md')
    return git('rev-parse', '--short=10', 'HEAD') + ('+' if changed else '')


def today():
    return datetime.datetime.now(datetime.timezone.utc).strftime('%Y-%m-%d')


def marks(command):
    return f'<!-- {command}: generated, do not edit -->', f'<!-- end of {command} -->'


def section_of(text, command):
    """The command's section in the file's text, without its marks; empty when it has none."""
    begin, end = marks(command)
    if begin not in text or end not in text:
        return ''
    return text[text.index(begin) + len(begin):text.index(end)].strip('\n')


def read_section(command, path=TRACK_RECORD):
    if not os.path.exists(path):
        return ''
    with open(path, encoding='utf-8') as file:
        return section_of(file.read(), command)


def write_section(command, lines, path=TRACK_RECORD):
    """Puts the lines in the place of the command's section; the others stay as they are."""
    sections = {name: read_section(name, path) for name in COMMANDS}
    sections[command] = '\n'.join(lines)
    text = HEADING
    for name in COMMANDS:
        if sections[name]:
            begin, end = marks(name)
            text += f'{begin}\n{sections[name]}\n{end}\n\n'
    with open(path + '.new', 'w', encoding='utf-8') as out:
        out.write(text.rstrip('\n') + '\n')
    os.replace(path + '.new', path)


def table_rows(section, header):
    """The rows of the table with that header line: lists of cells."""
    lines = section.split('\n')
    if header not in lines:
        return []
    rows = []
    for line in lines[lines.index(header) + 2:]:
        if not line.startswith('|'):
            break
        rows.append([cell.strip() for cell in line.strip().strip('|').split(' | ')])
    return rows


def merge_rows(old, new, key, still_there):
    """What was measured now in the place of the old rows of the same key; old rows stay as long as there is what they tell of."""
    rows = {key(row): row for row in old if still_there(key(row))}
    rows.update({key(row): row for row in new})
    return [rows[k] for k in sorted(rows)]


def table(header, rows):
    return [header, '|' + '---|' * (header.count('|') - 1)] + ['| ' + ' | '.join(row) + ' |' for row in rows]


def at_most(k, n, p):
    """P(X <= k) of a binomial."""
    if p <= 0 or k >= n:
        return 1.0
    if p >= 1:
        return 0.0
    logs = [math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) + i * math.log(p) + (n - i) * math.log1p(-p)
            for i in range(k + 1)]
    top = max(logs)
    return min(1.0, math.exp(top) * sum(math.exp(value - top) for value in logs))


def clopper_pearson(k, n, level=0.95):
    """The exact confidence interval of a share, k of n."""
    if n == 0:
        return 0.0, 1.0
    tail = (1 - level) / 2

    def solve(too_high):
        low, high = 0.0, 1.0
        for _ in range(100):
            middle = (low + high) / 2
            if too_high(middle):
                high = middle
            else:
                low = middle
        return (low + high) / 2
    lower = 0.0 if k == 0 else solve(lambda p: 1 - at_most(k - 1, n, p) > tail)
    upper = 1.0 if k == n else solve(lambda p: at_most(k, n, p) < tail)
    return lower, upper


def self_test():
    """Against values of the tables (R's binom.test)."""
    for k, n, low, high in ((0, 10, 0.0, 0.3084971), (1, 10, 0.002528579, 0.4450161), (5, 10, 0.1870860, 0.8129140),
                            (0, 500, 0.0, 0.007350596), (10, 10, 0.6915029, 1.0)):
        lower, upper = clopper_pearson(k, n)
        assert abs(lower - low) < 1e-6 and abs(upper - high) < 1e-6, (k, n, lower, upper)
    header = '| a | b |'
    text = '\n'.join(['words', *table(header, [['x', '1'], ['y', '2']]), '', 'more'])
    assert table_rows(text, header) == [['x', '1'], ['y', '2']]
    merged = merge_rows(table_rows(text, header), [['y', '3'], ['z', '4']], lambda row: row[0], lambda key: key != 'x')
    assert merged == [['y', '3'], ['z', '4']], merged


MUTANTS = '| rules of | killed | of | survived | equivalent, and why | commit |'


def write_mutants(outcomes):
    """The section of ci/mutants, from the file in which it notes what became of each mutant: "killed|FILE|WHAT"."""
    by_file = collections.defaultdict(lambda: collections.defaultdict(list))
    with open(outcomes, encoding='utf-8') as lines:
        for line in lines:
            outcome, file, what = line.rstrip('\n').split('|', 2)
            by_file[file][outcome].append(what)
    rows = [[file, str(len(told['killed'])), str(sum(len(whats) for whats in told.values())), '; '.join(told['survived']) or '-',
             '; '.join(told['equivalent']) or '-', commit()] for file, told in by_file.items()]
    merged = merge_rows(table_rows(read_section('ci/mutants'), MUTANTS), rows, lambda row: row[0],
                        lambda file: os.path.exists(os.path.join(ROOT, file)))
    killed, tried = (sum(int(row[column]) for row in merged) for column in (1, 2))
    write_section('ci/mutants', [
        '## Mutants of the checkers', '',
        f'By `ci/mutants`, last on {today()}: one rule of a checker is broken at a time, and the tests must find it. {killed} of {tried} were killed.',
        '', *table(MUTANTS, merged)])


if __name__ == '__main__':
    if sys.argv[1:2] == ['mutants']:
        write_mutants(sys.argv[2])
    else:
        self_test()
        print('ci/evidence.py: fine')
