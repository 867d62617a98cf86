import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { describeTree } from "../harness/folder.ts";
import { missing, which } from "../harness/needs.ts";
import { type Outcome, runNatively, runUnderBlink } from "../harness/spawn.ts";

/** A root of its own with the dpkg of this machine, in which a package is installed and removed: chroot(8) and blink -C. */
const PROGRAMS = "dpkg dpkg-deb dpkg-query dpkg-split tar sh rm cat ls find sort diff start-stop-daemon ldconfig".split(
  " ",
);

/** Copies programs and the libraries that ldd(1) names. */
function install(root: string, programs: readonly string[]): void {
  const wanted = new Set<string>();
  for (const program of programs) {
    const path = which(program) ?? program;
    wanted.add(path);
    const listed = spawnSync("ldd", [path], { encoding: "utf8" }).stdout;
    for (const [, library] of listed.matchAll(/(\/\S+)(?= \(0x)/g)) wanted.add(library);
  }
  for (const path of wanted) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    copyFileSync(path, join(root, path));
  }
}

function makeRoot(folder: string): string {
  const root = join(folder, "root");
  for (const dir of ["usr/share/kept", "var/lib/dpkg/info", "var/lib/dpkg/updates", "var/log", "tmp", "etc", "bin"])
    mkdirSync(join(root, dir), { recursive: true });
  for (const file of ["status", "available"]) writeFileSync(join(root, "var/lib/dpkg", file), "");
  writeFileSync(join(root, "etc/passwd"), "root:x:0:0:root:/:/bin/sh\n");
  install(root, PROGRAMS);
  copyFileSync(which("sh") ?? "/bin/sh", join(root, "bin/sh"));
  copyFileSync(makePackage(folder), join(root, "tmp/sample.deb"));
  return root;
}

/** A package with a program, a configuration file and scripts that say when they run. */
function makePackage(folder: string): string {
  const tree = join(folder, "package");
  const put = (path: string, text: string, mode = 0o644): void => {
    mkdirSync(join(tree, dirname(path)), { recursive: true });
    writeFileSync(join(tree, path), text, { mode });
  };
  put(
    "DEBIAN/control",
    "Package: sample\nVersion: 1.0\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\nDescription: a sample\n",
  );
  put("DEBIAN/conffiles", "/etc/sample.conf\n");
  for (const script of ["preinst", "postinst", "prerm", "postrm"])
    put(`DEBIAN/${script}`, `#!/bin/sh\necho ${script} "$@"\n`, 0o755);
  put("usr/bin/sample", "#!/bin/sh\necho sample runs as $(cat /etc/sample.conf)\n", 0o755);
  put("etc/sample.conf", "configured\n");
  for (let i = 0; i < 8; i++) put(`usr/share/sample/${i}/data`, `${i}\n`.repeat(i * 100));
  const deb = join(folder, "sample.deb");
  execFileSync("dpkg-deb", ["--root-owner-group", "-b", tree, deb], { stdio: "ignore" });
  return deb;
}

const SCRIPT = [
  "dpkg --force-unsafe-io -i /tmp/sample.deb",
  "dpkg -s sample | cat",
  "sample",
  "dpkg -L sample | cat",
  "dpkg -V sample",
  "dpkg -r sample",
  "ls /etc /usr/share",
  "dpkg -P sample",
  "ls /etc",
  "cat /var/lib/dpkg/status",
].join("; ");

const absent = missing([...PROGRAMS, "ldd", "chroot"]) ?? (process.getuid?.() === 0 ? undefined : "(not root)");

async function inRoot(
  run: (root: string) => Promise<Outcome>,
): Promise<{ text: string; code?: number; files: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), "blink-debian-"));
  try {
    const root = makeRoot(folder);
    const { stdout, stderr, code } = await run(root);
    const files = ["etc", "var", "usr/share"].flatMap((d) => describeTree(join(root, d)));
    // There are times in the log.
    return { text: `${stdout}${stderr}`, code, files: files.filter((line) => !line.includes("dpkg.log")) };
  } finally {
    rmSync(folder, { recursive: true, maxRetries: 10 });
  }
}

describe("a Debian root", () => {
  it.skipIf(absent !== undefined)(
    `takes and gives back a package ${absent ?? ""}`,
    async () => {
      const cwd = tmpdir();
      const native = await inRoot((root) => runNatively(["/usr/sbin/chroot", root, "/bin/sh", "-c", SCRIPT], { cwd }));
      const blink = await inRoot((root) => runUnderBlink(["-C", root, "/bin/sh", "-c", SCRIPT], { cwd }));
      expect(native.text).toContain("sample runs as configured");
      expect(blink).toEqual(native);
    },
    600_000,
  );
});
