import { readFileSync } from "node:fs";
import { programs } from "./program.ts";

const read = (name: string): string => readFileSync(new URL(`scripts/${name}`, import.meta.url), "utf8");
const files = { "everything.sh": read("everything.sh"), "library.sh": read("library.sh") };

programs("shells", { files, code: 6, timeout: 90_000 }, [
  { argv: ["/bin/busybox", "sh", "everything.sh"] },
  { argv: ["/bin/dash", "everything.sh"] },
  { argv: ["/bin/bash", "everything.sh"] },
  { argv: ["/bin/bash", "--posix", "everything.sh"] },
]);

programs("shell lines", {}, [
  {
    argv: ["/bin/bash", "bash-features.bash"],
    files: { "bash-features.bash": read("bash-features.bash") },
    signal: "SIGSEGV",
  },
  // Without a terminal bash says so, naming a process id.
  { argv: ["/bin/bash", "-i", "-c", "echo interactive"], normalize: (t) => t.replace(/^bash: .*\n/gm, "") },
  { argv: ["/bin/busybox", "--list"] },
  { argv: ["/bin/busybox", "sh", "-c", "seq 20000 | sort -r | md5sum; echo $((2**10)); busybox true; echo $?"] },
  { argv: ["/bin/busybox", "sh"], stdin: "echo from stdin\nread x\nthe line\necho $x\nexit 3\n", code: 3 },
  { argv: ["/bin/bash", "-s", "arg"], stdin: "echo $1; cat <<X\nhere\nX\n" },
  { argv: ["/bin/busybox", "awk", 'BEGIN { for (i = 0; i < 20000; i++) s += i * i % 7; printf "%.6f\\n", s / 3 }'] },
]);
