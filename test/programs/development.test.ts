import { INPUTS } from "../../bench/inputs.ts";
import { programs } from "./program.ts";

const IDENTITY = {
  GIT_AUTHOR_NAME: "A",
  GIT_AUTHOR_EMAIL: "a@example.org",
  GIT_AUTHOR_DATE: "2024-01-01T00:00:00 +0000",
  GIT_COMMITTER_NAME: "C",
  GIT_COMMITTER_EMAIL: "c@example.org",
  GIT_COMMITTER_DATE: "2024-01-02T00:00:00 +0000",
  GIT_CONFIG_NOSYSTEM: "1",
};
const files = {
  "hello.c": '#include <stdio.h>\nint main(int argc, char **argv) { printf("hello, %d\\n", argc); return 3; }\n',
  "hello.cc": "#include <iostream>\nint main() { std::cout << 1.5 << std::endl; }\n",
  "start.s": ".globl _start\n_start: mov $60,%eax\nmov $7,%edi\nsyscall\n",
};

programs("development", { files, env: IDENTITY, timeout: 170_000 }, [
  { sh: "gcc -O1 hello.c && ./a.out x y; echo $?", needs: ["gcc"] },
  { sh: "gcc -S -O2 -o - hello.c", needs: ["gcc"] },
  { sh: "as -o s.o start.s && ld -o s s.o && ./s; echo $?; objdump -d s", needs: ["as"] },
  { sh: "gcc nothing.c; echo $?; echo 'int f( {' > bad.c; gcc -c bad.c; echo $?", needs: ["gcc"] },
  { sh: "musl-gcc -static -O1 hello.c && ./a.out; echo $?", needs: ["musl-gcc"] },
  { sh: "g++ -O0 hello.cc && ./a.out", needs: ["g++"] },
  {
    name: "git init, add, commit, log, branch, merge",
    needs: ["git"],
    sh: [
      "git init -q -b main . && git add . && git commit -q -m first && git log --stat --format='%H %an %s'",
      "echo more >> hello.c && git diff && git commit -q -a -m second && git log --oneline",
      "git checkout -q -b side HEAD~1 && echo x > new && git add new && git commit -q -m side",
      "git checkout -q main && git merge -q -m merged side && git log --graph --oneline && git status --short",
      "git show --stat HEAD~1 | cat && git gc -q && git fsck && git count-objects && git blame -s hello.c",
    ].join(" && "),
  },
  {
    name: "git clone",
    needs: ["git"],
    sh: "git init -q -b main a && cd a && echo 1 > f && git add f && git commit -q -m one && cd .. && git clone -q a b && cat b/f && git -C b log --format=%H",
  },
  {
    name: "sqlite3",
    argv: ["/usr/bin/sqlite3", "test.db"],
    stdin: [
      "create table t(a integer primary key, b text);",
      "begin; insert into t(b) with recursive n(x) as (select 1 union all select x + 1 from n where x < 2000) select 'row ' || x from n; commit;",
      "create index i on t(b); select count(*), max(b), sum(length(b)) from t; explain query plan select * from t where b = 'row 7';",
      ".mode column\nselect * from t where b like 'row 19_' order by b desc limit 3;",
      "select sqrt(2), round(2.5), printf('%.10f', 1.0 / 3), hex('abc'), date('2024-02-29', '+1 year');",
      "pragma integrity_check;",
    ].join("\n"),
  },
  {
    name: "sqlite3, long enough for all its hot code to be compiled",
    argv: ["/usr/bin/sqlite3", "-batch", ":memory:"],
    stdin: INPUTS["script.sql"](),
  },
]);
