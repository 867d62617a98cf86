process.stderr.write("blinkenlights: the debugger is not there yet; `blink -s` logs system calls meanwhile\n");
process.exitCode = 1;
