import { programs } from "./program.ts";

/** Debuggers, servers and runtimes: what needs threads, ptrace(2), sockets and terminals at once. */
const files = {
  "http.js": `
const http = require("http");
const { Worker, isMainThread, parentPort } = require("worker_threads");
if (!isMainThread) parentPort.postMessage(6 * 7);
else {
  const server = http.createServer((q, r) => r.end("hello " + q.url));
  server.listen(0, "127.0.0.1", () =>
    http.get({ host: "127.0.0.1", port: server.address().port, path: "/x" }, (r) => {
      r.on("data", (d) => console.log("" + d));
      r.on("end", () => {
        server.close();
        const worker = new Worker(__filename);
        worker.on("message", (m) => console.log("worker", m));
        worker.on("exit", (code) => console.log("exit", code));
      });
    }));
}
`,
  "add.c": `#include <stdio.h>
int add(int a, int b) {
  int c = a + b;
  return c;
}
int main(void) {
  int sum = 0;
  for (int i = 0; i < 3; i++) sum = add(sum, i);
  printf("sum %d\\n", sum);
  return sum;
}
`,
  commands: "break add\nrun\nbt 1\nfinish\nprint sum\nnext\ndelete\nset variable sum = 40\ncontinue\n",
  "nginx.conf": `worker_processes 2; daemon off; error_log stderr; pid nginx.pid;
events { worker_connections 64; }
http { access_log off; client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;
  server { listen unix:socket; root .; } }
`,
};

/** Tries a command until it works. */
const UNTIL = 'until_works() { for i in $(seq 600); do "$@" > /dev/null 2>&1 && return; sleep 0.1; done; };';

programs("servers", { files, timeout: 170_000 }, [
  { sh: "node http.js", needs: ["node"], stdout: "hello /x\nworker 42\nexit 0\n" },
  {
    sh: "strace -f -e trace=write,execve,exit_group -e signal=none -o log sh -c 'echo one; /bin/echo two; :'; sed -E 's/^[0-9]+ +//; s/0x[0-9a-f]+.*/ADDRESS/' log | grep -v '^+++ exited'",
    name: "strace -f",
    needs: ["strace"],
  },
  {
    sh: "strace -e trace=write true; strace -c -o counts ls > /dev/null; grep -c total counts",
    name: "strace -c",
    needs: ["strace"],
  },
  {
    sh: "gcc -g -O0 -o add add.c && gdb -nx -batch -x commands ./add 2>&1 | grep -v process",
    name: "gdb: breakpoint, finish, next, a changed variable",
    needs: ["gdb", "gcc"],
    normalize: (text) => text.replaceAll(/0x[0-9a-f]+/g, "ADDRESS"),
  },
  {
    sh: `${UNTIL} redis-server --port 0 --unixsocket socket --save '' > log & ${UNTIL} until_works redis-cli -s socket ping; redis-cli -s socket set a hello; redis-cli -s socket get a; redis-cli -s socket eval 'return 6*7' 0; redis-cli -s socket shutdown nosave; wait`,
    name: "redis",
    needs: ["redis-server", "redis-cli"],
  },
  {
    sh: `${UNTIL} mkdir logs; chmod -R 777 .; nginx -p "$PWD/" -c nginx.conf 2> log & ${UNTIL} until_works curl -s --unix-socket socket http://x/add.c; curl -s --unix-socket socket http://x/add.c | md5sum; curl -s -o answer -w '%{http_code}\\n' --unix-socket socket http://x/none; kill -QUIT $(cat nginx.pid); wait`,
    name: "nginx and curl",
    needs: ["nginx", "curl"],
  },
  {
    sh: 'export TERM=screen; t() { tmux -S ./socket -f /dev/null "$@"; }; t new-session -d -x 40 -y 8 \'sh -c "echo one; stty size; read line"\'; for i in $(seq 600); do t capture-pane -p | grep -q 40 && break; sleep 0.1; done; t capture-pane -p | head -2; t kill-server',
    name: "tmux",
    needs: ["tmux"],
  },
  {
    sh: "ssh-keygen -q -t ed25519 -N '' -C me -f key && ssh-keygen -l -f key | cut -d' ' -f1,3-; ssh-keygen -y -f key | cmp - key.pub && echo same",
    name: "ssh-keygen",
    needs: ["ssh-keygen"],
  },
  {
    sh: "git init -q a && cd a && echo x > f && git add f && git -c user.name=n -c user.email=m commit -q -m c && cd .. && git clone -q a b && cat b/f && git -C b log --format=%s",
    name: "git clone",
    needs: ["git"],
  },
]);
