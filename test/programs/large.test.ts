import { programs } from "./program.ts";

/**
 * Programs that take minutes in here: configure and make, compilers, databases, virtual machines. They run only with
 * BLINK_TEST_LARGE=1; docs/programs.md says what came of it.
 */
const HEADERS = `aio alloca argz arpa/inet assert byteswap complex cpio ctype dirent dlfcn elf endian err errno error execinfo
fcntl fenv float fnmatch fts ftw getopt glob grp iconv ifaddrs inttypes langinfo libgen libintl limits link locale malloc math
mntent monetary mqueue net/if netdb netinet/in netinet/tcp nl_types obstack paths poll pthread pty pwd regex resolv sched
search semaphore setjmp shadow signal spawn stdarg stdatomic stdbool stddef stdint stdio stdlib string strings sys/auxv
sys/epoll sys/eventfd sys/file sys/inotify sys/ioctl sys/ipc sys/mman sys/mount sys/msg sys/param sys/prctl sys/ptrace
sys/random sys/resource sys/select sys/sem sys/sendfile sys/shm sys/signalfd sys/socket sys/stat sys/statfs sys/statvfs
sys/syscall sys/sysinfo sys/time sys/timerfd sys/times sys/uio sys/un sys/utsname sys/wait sys/xattr syslog termios tgmath
threads time uchar ucontext unistd utime utmpx wchar wctype wordexp windows sys/event sys/filio bsd/string`;
const FUNCTIONS = `accept4 access alarm asprintf atexit backtrace bcmp bind chown chroot clock_gettime clone close_range closefrom
copy_file_range dirname dladdr dup3 epoll_create1 euidaccess eventfd explicit_bzero faccessat fallocate fchmodat fdopendir
fexecve flock fmemopen fork fpathconf fseeko fsync ftruncate futimens getaddrinfo getauxval getcwd getdelim getentropy
getgroups gethostname getifaddrs getline getopt_long getpagesize getpeereid getrandom getrlimit getrusage glob inotify_init1
isatty kqueue lchown localtime_r lstat lutimes madvise mallinfo2 mbrtowc memccpy memfd_create memmem mempcpy memrchr mkdtemp
mkfifo mkostemp mlock mmap mremap nanosleep nl_langinfo open_memstream openat pidfd_open pipe2 pledge poll posix_fallocate
posix_spawn ppoll prctl preadv2 pselect ptsname putenv qsort_r rawmemchr realpath reallocarray recvmmsg renameat2 select
sendfile setenv setproctitle sigaction sigaltstack signalfd splice stpcpy strchrnul strdup strerror_r strlcpy strndup strptime
strsep strsignal strverscmp sysinfo tee timegm timerfd_create uname unshare utimensat vasprintf vfork waitid wcwidth arc4random
issetugid aligned_alloc cfmakeraw clock_nanosleep daemon dprintf eaccess endpwent fchdir fdatasync fnmatch getentropy getgrouplist
getlogin_r getpriority getspnam initgroups lockf madvise mincore nftw pthread_setname_np sched_getcpu sethostname sigqueue
statx tcgetsid wcsnlen`;
const words = (text: string): string[] => text.split(/\s+/);

/** Over 300 checks. */
const CONFIGURE_AC = `AC_INIT([sample],[1.0])
AC_CONFIG_SRCDIR([main.c])
AC_CONFIG_HEADERS([config.h])
AC_PROG_CC
AC_PROG_CPP
AC_PROG_EGREP
AC_PROG_AWK
AC_USE_SYSTEM_EXTENSIONS
AC_C_BIGENDIAN
AC_C_INLINE
AC_C_FLEXIBLE_ARRAY_MEMBER
AC_CHECK_HEADERS([${words(HEADERS)
  .map((h) => `${h}.h`)
  .join(" ")}])
AC_CHECK_SIZEOF([int])
AC_CHECK_SIZEOF([long])
AC_CHECK_SIZEOF([void *])
AC_CHECK_TYPES([int64_t, ssize_t, socklen_t])
AC_CHECK_MEMBERS([struct stat.st_blocks, struct tm.tm_zone])
AC_SEARCH_LIBS([sqrt],[m])
AC_CHECK_FUNCS([${words(FUNCTIONS).join(" ")}])
AC_CONFIG_FILES([Makefile])
AC_OUTPUT
`;
const MAKEFILE_IN = `CC = @CC@
CFLAGS = @CFLAGS@
OBJECTS = main.o one.o two.o three.o
sample: $(OBJECTS)
	$(CC) $(CFLAGS) -o $@ $(OBJECTS) @LIBS@
.c.o:
	$(CC) $(CFLAGS) -I. -c -o $@ $<
`;
const part = (name: string, n: number): string =>
  `#include "config.h"\n#include <string.h>\nint ${name}(void) { char b[40]; memset(b, ${n}, 40); return b[${n}]; }\n`;

const CPP = `#include <algorithm>
#include <future>
#include <iostream>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>
std::mutex m;
int main() {
  std::map<std::string, int> counts;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; i++) threads.emplace_back([&counts, i] {
    for (int j = 0; j < 100; j++) { std::lock_guard g(m); counts["n" + std::to_string((i + j) % 5)]++; }
  });
  for (auto &t : threads) t.join();
  for (auto &[name, n] : counts) std::cout << name << " " << n << "\\n";
  std::optional<int> o = std::async(std::launch::async, [] { return 42; }).get();
  std::variant<int, std::string> v = "text";
  if (auto *s = std::get_if<std::string>(&v); s && o) std::cout << *s << *o << std::endl;
  try { throw std::runtime_error("thrown"); } catch (const std::exception &e) { std::cout << e.what() << "\\n"; }
}
`;
const GO = `package main
import ("fmt"; "net"; "os"; "sync"; "time")
func main() {
	var wg sync.WaitGroup
	out := make(chan int, 100)
	for i := 0; i < 50; i++ { wg.Add(1); go func(n int) { defer wg.Done(); out <- n * n }(i) }
	wg.Wait(); close(out)
	sum := 0
	for v := range out { sum += v }
	fmt.Println("sum", sum, len(os.Args))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil { fmt.Println(err); os.Exit(1) }
	go func() { c, _ := l.Accept(); fmt.Fprintf(c, "over tcp"); c.Close() }()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil { fmt.Println(err); os.Exit(1) }
	b := make([]byte, 100); n, _ := c.Read(b); fmt.Println(string(b[:n]))
	select { case <-time.After(20 * time.Millisecond): fmt.Println("timer") }
	defer func() { fmt.Println("recovered", recover()) }()
	var p *int; fmt.Println(*p)
}
`;
const RUST = `use std::{collections::BTreeMap, io::Read, net, sync::mpsc, thread};
fn main() {
    let (send, receive) = mpsc::channel();
    for i in 0..8u64 { let s = send.clone(); thread::spawn(move || s.send((i, (1..=20).fold(i, |a, b| a * 31 + b))).unwrap()); }
    drop(send);
    for (i, v) in receive.iter().collect::<BTreeMap<_, _>>() { println!("{i} {v}"); }
    let l = net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = l.local_addr().unwrap();
    let t = thread::spawn(move || { use std::io::Write; l.accept().unwrap().0.write_all(b"over tcp").unwrap() });
    let mut text = String::new();
    net::TcpStream::connect(at).unwrap().read_to_string(&mut text).unwrap();
    t.join().unwrap();
    println!("{text} {:?}", std::panic::catch_unwind(|| [1, 2, 3][std::env::args().count() + 5]).is_err());
}
`;
const JAVA = `import java.util.*;
import java.util.concurrent.*;
public class Hello {
  public static void main(String[] args) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(3);
    List<Future<Integer>> l = new ArrayList<>();
    for (int i = 0; i < 5; i++) { final int n = i; l.add(pool.submit(() -> n * n)); }
    for (Future<Integer> f : l) System.out.println(f.get());
    pool.shutdown();
    try { Object o = null; o.toString(); } catch (NullPointerException e) { System.out.println("null"); }
    System.out.println("Hello " + args.length);
  }
}
`;

/** A pseudo-terminal of 80 by 24 in which keys are typed; what stays is what the program wrote to its files. */
const typed = (keys: string, command: string): string =>
  `(${keys}) | script -q -e -c "stty rows 24 cols 80; ${command}" typescript > /dev/null 2>&1`;

const files = {
  "configure.ac": CONFIGURE_AC,
  "Makefile.in": MAKEFILE_IN,
  "main.c":
    '#include "config.h"\n#include <stdio.h>\nint one(void), two(void), three(void);\nint main(void) { return printf("%s %d\\n", PACKAGE_STRING, one() + two() + three()) < 0; }\n',
  "one.c": part("one", 1),
  "two.c": part("two", 2),
  "three.c": part("three", 3),
  "threads.cc": CPP,
  "hello.go": GO,
  "hello.rs": RUST,
  "Hello.java": JAVA,
  "text.txt": Array.from({ length: 100 }, (_, i) => `line ${i + 1}\n`).join(""),
};

const POSTGRES = [
  "dir=$(mktemp -d /tmp/blink-postgres-XXXXXX); mkdir $dir/run; chown -R postgres $dir; cd $dir",
  'pg() { setpriv --reuid=postgres --regid=postgres --clear-groups env HOME=$dir LC_ALL=C "$@"; }',
  "bin=$(ls -d /usr/lib/postgresql/*/bin | tail -1)",
  "pg $bin/initdb -D data -A trust -N > initdb.log 2>&1 || { cat initdb.log; exit 1; }",
  "pg $bin/pg_ctl -D data -w -t 120 -o \"-k $dir/run -h ''\" -l server.log start > /dev/null || { cat server.log; exit 1; }",
  "pg $bin/psql -h $dir/run -d postgres -At -c 'create table t(a int, b text)' -c \"insert into t select i, 'row ' || i from generate_series(1, 1000) i\" -c 'select count(*), sum(a), max(b) from t' -c 'select b from t where a % 250 = 0 order by a'",
  "pg $bin/pg_ctl -D data -m fast stop > /dev/null; ls data | head -3; rm -rf $dir",
].join("\n");

const wanted = process.env.BLINK_TEST_LARGE === "1" ? [] : ["BLINK_TEST_LARGE"];

programs("large", { files, needs: wanted, timeout: 900_000 }, [
  {
    name: "autoconf, configure, make -j2",
    sh: "autoconf && autoheader && ./configure > log; grep -c ^checking log; tail -1 log; grep -v '^/' config.h | md5sum; make -j2 > /dev/null && ./sample",
    needs: [...wanted, "autoconf", "gcc", "make"],
    timeout: 2_400_000,
  },
  { sh: "g++ -std=c++17 -O1 -pthread threads.cc && ./a.out", needs: [...wanted, "g++"] },
  {
    name: "a Go program",
    prepare: "GOCACHE=$PWD/cache GO111MODULE=off go build -o hello hello.go",
    sh: "exec ./hello a",
    needs: [...wanted, "go"],
  },
  {
    name: "a Rust program",
    prepare: "rustc -O hello.rs",
    sh: "exec ./hello 2> /dev/null",
    needs: [...wanted, "rustc"],
  },
  {
    name: "java -version and a class",
    prepare: "javac Hello.java",
    sh: "java -version 2>&1 | head -1; java Hello x y",
    needs: [...wanted, "java", "javac"],
  },
  { name: "postgres: initdb and a query", sh: POSTGRES, needs: [...wanted, "pg_ctlcluster", "setpriv"] },
  {
    name: "redis-benchmark",
    sh: "redis-server --port 0 --unixsocket socket --save '' > log & for i in $(seq 200); do redis-cli -s socket ping > /dev/null 2>&1 && break; sleep 0.1; done; redis-benchmark -s socket -n 2000 -q -t ping,set,get,incr,lpush 2> /dev/null | tr '\\r' '\\n' | grep -o '^[A-Z_]*: [0-9.]* requests' | cut -d: -f1 | sort -u; redis-cli -s socket shutdown nosave; wait",
    needs: [...wanted, "redis-server", "redis-benchmark"],
  },
  {
    name: "vim in a terminal",
    sh: `export TERM=xterm; ${typed("sleep 4; printf ':3d\\rGoadded\\033:wq\\r'; sleep 2", "vim -u NONE -n text.txt")}; sed -n 3p text.txt; tail -1 text.txt`,
    needs: [...wanted, "vim", "script"],
  },
  {
    name: "nano in a terminal",
    sh: `export TERM=xterm; ${typed("sleep 4; printf 'typed \\030y\\r'; sleep 2", "nano text.txt")}; head -1 text.txt`,
    needs: [...wanted, "nano", "script"],
  },
  {
    name: "less in a terminal",
    sh: `export TERM=xterm; ${typed("sleep 3; printf '/line 90\\rq'; sleep 1", "less text.txt")}; grep -c 'line 90' typescript`,
    needs: [...wanted, "less", "script"],
  },
  {
    name: "top in a terminal and in batch mode",
    sh: `export TERM=xterm; ${typed("sleep 4; printf q; sleep 1", "top -d 1")}; grep -c 'PID USER' typescript > n; test $(cat n) -gt 0 && echo shown; top -b -n 1 | sed -n 7p | tr -s ' '`,
    needs: [...wanted, "top", "script"],
  },
]);
