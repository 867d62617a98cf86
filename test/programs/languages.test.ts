import { programs } from "./program.ts";

const python = (name: string, script: string) => ({
  name: `python3 ${name}`,
  argv: ["/usr/bin/python3", "-c", script],
});
const perl = (name: string, ...argv: string[]) => ({ name: `perl ${name}`, argv: ["/usr/bin/perl", ...argv] });

programs("languages", { timeout: 120_000 }, [
  python(
    "version",
    "import sys, os, platform; print(sys.version_info[0], sys.argv, os.name, platform.machine(), sys.byteorder)",
  ),
  python(
    "json",
    'import json; d = json.loads(\'{"a": [1, 2.5, null, true], "b": "\\\\u00e9"}\'); d[\'n\'] = 1e100; print(json.dumps(d, sort_keys=True, indent=1))',
  ),
  python(
    "re",
    "import re; print(re.sub(r'(\\w+)@(\\w+)', r'\\2 at \\1', 'user@host x@y'), re.findall(r'(?i)\\b[a-c]\\w*', 'Apple bat Cat dog'), re.fullmatch(r'(a+)+b', 'a' * 20 + 'b').span())",
  ),
  python(
    "hashlib",
    "import hashlib; [print(n, hashlib.new(n, b'abc' * 1000).hexdigest()) for n in ['md5', 'sha1', 'sha256', 'sha512', 'sha3_256', 'blake2b']]; print(hashlib.pbkdf2_hmac('sha256', b'p', b's', 100).hex())",
  ),
  python(
    "zlib",
    "import zlib, bz2, lzma; d = bytes(i * i & 255 for i in range(50000)); c = zlib.compress(d, 9); print(len(c), zlib.crc32(d), zlib.adler32(d), zlib.decompress(c) == d, bz2.decompress(bz2.compress(d)) == d, lzma.decompress(lzma.compress(d)) == d)",
  ),
  python(
    "sqlite3",
    "import sqlite3; c = sqlite3.connect('t.db'); c.execute('create table t(a integer primary key, b text, c real)'); c.executemany('insert into t(b, c) values (?, ?)', [(str(i), i / 3) for i in range(500)]); c.commit(); print(c.execute('select count(*), sum(c), max(b) from t where a % 7 = 0').fetchall()); c.close()",
  ),
  python(
    "decimal",
    "from decimal import *; getcontext().prec = 50; print(Decimal(2).sqrt(), Decimal(1) / 7, Decimal('1.1') ** 100); from fractions import Fraction; print(sum(Fraction(1, n) for n in range(1, 30)))",
  ),
  python(
    "numbers",
    "import math, cmath, random, statistics; random.seed(5); print(2 ** 521 - 1, math.factorial(60), math.pi, math.gamma(5.5), cmath.exp(1j), random.random(), random.sample(range(1000), 5), round(2.675, 2), 0.1 + 0.2, float('1e23'), (-7) // 2, divmod(-7, 3), hash(1.5), 1e16 + 1.0)",
  ),
  python(
    "text",
    "import textwrap, string, difflib, unicodedata, datetime, collections; print(textwrap.fill('word ' * 30, 30), unicodedata.name('\\u00e9'), 'ß'.upper().encode(), datetime.date(2024, 2, 29) + datetime.timedelta(366), collections.Counter('mississippi').most_common(2)); print('%s %r %5.2f' % ('a', 'b', 3.14159), f'{255:#x} {1234567:,} {0.5:%}')",
  ),
  python(
    "exceptions",
    "import traceback\ndef f(n):\n  if n == 0: raise ValueError('deep')\n  f(n - 1)\ntry: f(5)\nexcept ValueError as e: print(repr(e), len(traceback.extract_tb(e.__traceback__)))\nimport sys\nsys.setrecursionlimit(3000)\ndef g(): return g()\ntry: g()\nexcept RecursionError: print('recursion')\ntry: 1 / 0\nexcept ZeroDivisionError as e: print(e)",
  ),
  python(
    "files",
    "import os, tempfile, shutil, glob, pathlib; os.makedirs('a/b'); pathlib.Path('a/b/f').write_text('x' * 100000); shutil.copytree('a', 'c'); print(sorted(glob.glob('**/*', recursive=True)), os.stat('c/b/f').st_size); shutil.rmtree('a'); print(os.listdir('.')); f = tempfile.TemporaryFile(); f.write(b'q' * 10); f.seek(0); print(f.read())",
  ),
  python(
    "subprocess",
    "import subprocess; print(subprocess.run(['sh', '-c', 'cat; exit 3'], input=b'in', capture_output=True)); p = subprocess.Popen(['sleep', '10']); p.terminate(); print(p.wait()); print(subprocess.check_output('echo $((6*7))', shell=True))",
  ),
  python(
    "threads",
    "import threading, queue, concurrent.futures as cf; q = queue.Queue(); ts = [threading.Thread(target=lambda i=i: q.put(i * i)) for i in range(10)]; [t.start() for t in ts]; [t.join() for t in ts]; print(sorted(q.queue)); print(list(cf.ThreadPoolExecutor(4).map(lambda x: x + 1, range(10))))",
  ),
  python(
    "multiprocessing",
    "import multiprocessing as mp, os\ndef f(c): c.send(sum(range(1000))); c.close()\na, b = mp.get_context('fork').Pipe(); p = mp.get_context('fork').Process(target=f, args=(b,)); p.start(); print(a.recv()); p.join(); print(p.exitcode)",
  ),
  python(
    "asyncio",
    "import asyncio\nasync def w(i):\n  await asyncio.sleep(0.01 * i); return i\nasync def m():\n  print(await asyncio.gather(*[w(i) for i in range(5)]))\n  p = await asyncio.create_subprocess_exec('echo', 'hi', stdout=-1); print((await p.communicate())[0])\nasyncio.run(m())",
  ),
  python(
    "signal",
    "import signal, os; signal.signal(signal.SIGUSR1, lambda s, f: print('got', s)); os.kill(os.getpid(), signal.SIGUSR1); told = []; signal.signal(signal.SIGALRM, lambda s, f: told or told.append(print('alarm'))); signal.setitimer(signal.ITIMER_REAL, 0.3, 0.3); signal.pause(); signal.setitimer(signal.ITIMER_REAL, 0)",
  ),
  python(
    "ctypes",
    "import ctypes, struct, array, mmap; print(ctypes.CDLL(None).strlen(b'hello'), struct.pack('<if', 1, 2.5).hex(), array.array('d', [1, 2]).tobytes().hex()); m = mmap.mmap(-1, 4096); m[0:3] = b'abc'; print(m[:4])",
  ),
  python(
    "socket",
    "import socket; a, b = socket.socketpair(); a.sendall(b'over'); print(b.recv(10)); import selectors; s = selectors.DefaultSelector(); s.register(b, selectors.EVENT_READ); print(s.select(0)); a.close(); print(len(s.select(0)))",
  ),
  python(
    "sort and dict",
    "import heapq, itertools, functools; x = 1\nl = []\nfor i in range(30000): x = (x * 1103515245 + 12345) % 2**31; l.append(x)\nprint(sorted(l)[::5000], len({v % 1000: v for v in l}), heapq.nsmallest(3, l), functools.reduce(lambda a, b: a ^ b, l), len(list(itertools.permutations(range(7)))))",
  ),
  {
    name: "python3 script from stdin, exit status",
    argv: ["/usr/bin/python3"],
    stdin: "import sys\nprint('out')\nsys.exit(9)\n",
    code: 9,
  },
  { name: "python3 uncaught exception", argv: ["/usr/bin/python3", "-c", "{}['missing']"], code: 1 },

  perl("version", "-e", 'print "$]\\n"; printf "%vd\\n", $^V; print join(\',\', @ARGV), "\\n"', "a", "b"),
  perl(
    "text",
    "-ne",
    '$n{lc $1}++ while /(\\w+)/g; END { print "$_ $n{$_}\\n" for sort { $n{$b} <=> $n{$a} || $a cmp $b } keys %n }',
    "/etc/debian_version",
  ),
  perl(
    "regular expressions",
    "-e",
    "$_ = 'key=val; k2 = v2'; my %h = /(\\w+)\\s*=\\s*(\\w+)/g; print map { \"$_>$h{$_}\\n\" } sort keys %h; print join('|', split /(?<=;)\\s*/), \"\\n\"; ($x = 'aaa') =~ s/a/sprintf('%02d', pos()\\/\\/0)/ge; print \"$x\\n\"; print 'x' x 5, reverse('abc') . '', \"\\n\"",
  ),
  perl(
    "numbers",
    "-Mbigint",
    "-e",
    "print 2**200, ' ', 10**30 / 7, \"\\n\"; no bigint; printf \"%.15g %s %s %d\\n\", exp(1), 0.1 + 0.2, 1e21, 7.9; print 9**20, ' ', int(-3.7), ' ', -7 % 3, \"\\n\"",
  ),
  perl(
    "modules",
    "-MPOSIX",
    "-MList::Util=sum,shuffle,first",
    "-MDigest::SHA=sha256_hex",
    "-MData::Dumper",
    "-e",
    "$Data::Dumper::Sortkeys = 1; print Dumper({a => [1, {b => undef}]}), sum(1..100), ' ', sha256_hex('abc'), ' ', floor(-2.5), ' ', strftime('%F', gmtime 86400), \"\\n\"",
  ),
  perl(
    "processes",
    "-e",
    '$| = 1; my $p = fork; if (!$p) { print "child\\n"; exit 3 } waitpid $p, 0; print $? >> 8, "\\n"; print `echo from the shell`; open my $f, \'-|\', \'seq 3\' or die; print while <$f>; close $f; $SIG{ALRM} = sub { print "alarm\\n" }; alarm 1; sleep 5',
  ),
  perl(
    "sort",
    "-e",
    'my $x = 1; my @l = map { $x = ($x * 1103515245 + 12345) % 2147483648 } 1..30000; my @s = sort { $a <=> $b } @l; print "$s[0] $s[15000] $s[-1]\\n"; my %h; $h{$_ % 997} .= $_ for @l; print scalar(keys %h), \' \', length($h{5}), "\\n"',
  ),
  {
    name: "perl die",
    argv: [
      "/usr/bin/perl",
      "-e",
      "eval { die { code => 5 } }; print $@->{code}, \"\\n\"; local $SIG{__DIE__} = sub { print 'handler: ', @_ }; warn 'careful'; die \"end\\n\"",
    ],
    code: 255,
  },
  {
    argv: ["/usr/bin/tclsh"],
    stdin:
      "puts [expr {2**100}]\nputs [lsort -integer {5 3 9}]\nforeach x {a b} {puts $x}\nputs [exec echo sub]\nputs [regexp -inline {a(b+)} xabbby]\nexit 2\n",
    code: 2,
    needs: ["tclsh"],
    name: "tclsh",
  },
]);
