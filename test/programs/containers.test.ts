import { programs } from "./program.ts";

/** Programs that give others a view of their own: unshare(1), nsenter(1), chroot(8), bwrap(1). As root. */
const inside =
  'p=$(ps ax -o pid,ppid,comm); echo "$p" | tr -s " "; echo $$; p=$(ls /proc); echo "$p" | grep -c "^[0-9]"';

const OVERLAY = [
  "mount -t tmpfs none . && cd $PWD && mkdir -p low/d/e low/gone below/d up work all",
  "echo low > low/f; echo keep > low/keep; echo deep > low/d/e/deep; echo x > low/gone/x; ln -s f low/link; ln low/keep low/twin; chmod 640 low/f",
  "echo hidden > below/f; echo shows > below/only; echo b > below/d/b",
  "mount -t overlay overlay -o lowerdir=low:below,upperdir=up,workdir=work all; cd all; stat -f -c %T .",
  "show() { find . | sort | while read p; do stat -c '%n %A %F' $p; done; }",
  "show; cat f only d/b link",
  "echo more >> f; cat f ../low/f; stat -c %a f; chmod 600 keep; stat -c %a keep twin ../low/keep",
  "rm only; cat only; ls ../below; stat -c '%F %t %T' ../up/only; echo new > only; cat only; ls ../up",
  "rm -r gone; ls; mkdir gone; ls gone; mkdir n; echo y > n/y; mv n m; cat m/y; mv f d/moved; ls . d; cat d/moved",
  "rmdir d; mkdir d/new; echo z > d/new/z; rm d/b; ls d; ln d/moved hard; stat -c %h hard; [ hard -ef d/moved ]; echo $?",
  "exec 3>> link; echo through >&3; cat link; exec 4< keep; rm keep; cat <&4; cp /bin/true t; ./t; echo $?",
  "exec 3>&- 4<&-; mv d/e elsewhere; ls elsewhere; readlink link; touch -d @1000 twin; stat -c %Y twin; show",
  "cd ..; umount all; find up low below | sort; mount -t overlay o -o lowerdir=up:low:below all; touch all/x; ls all; cat all/only; umount all",
  "mount -t overlay o -o lowerdir=low all; echo $?; mount -t overlay o -o lowerdir=none:low all; echo $?",
].join("\n");

programs("containers", { needs: ["sh", "unshare"] }, [
  { sh: `unshare -r -m -p -f --mount-proc sh -c '${inside}'`, needs: ["ps"] },
  {
    sh: "unshare -u sh -c 'hostname inside; hostname; cat /proc/sys/kernel/hostname'; test $(hostname) = inside; echo $?",
  },
  {
    sh: "unshare -U sh -c 'id -u; id -g; grep CapEff /proc/self/status'; unshare -r sh -c 'id; cat /proc/self/uid_map'",
  },
  {
    sh: "unshare -m sh -c 'mkdir d; mount -t tmpfs none d; echo x > d/f; ls d; umount d; ls d'; ls d; rmdir d",
    needs: ["mount"],
  },
  {
    name: "mount: an overlay with whiteouts",
    sh: "unshare -m sh overlay.sh 2>&1",
    files: { "overlay.sh": OVERLAY },
    normalize: (text) => text.replaceAll(/^mount: .*$/gm, "mount:"),
    needs: ["mount"],
  },
  {
    name: "mount: sysfs shows processors and the network of the namespace",
    sh: "unshare -m -n sh -c 'mkdir s; mount -t sysfs none s; stat -f -c %T s; ls s/class/net; for f in address mtu operstate ifindex type; do cat s/class/net/lo/$f; done; cd s/devices/system/cpu; cat cpu0/topology/core_id; cut -c1 online; test -d ../../../kernel/mm; echo $?'; rmdir s",
    needs: ["mount"],
  },
  {
    sh: "unshare -p -f sh -c 'sleep 100 & kill -9 1; kill -TERM 1; echo alive; exit 3'; echo $?",
  },
  {
    // Before it has a namespace of its own the host's name would be changed.
    sh: 'unshare -u sleep 100 & until [ "$(readlink /proc/$!/ns/uts)" != "$(readlink /proc/$$/ns/uts)" ]; do sleep 0.05; done; nsenter -t $! -u sh -c \'hostname x; hostname\'; kill $!',
    needs: ["nsenter"],
  },
  {
    name: "ip: a network namespace and its loopback",
    sh: "unshare -n sh -c 'ip addr; ip link set lo up; ip addr; ip -o link; ip route; ip route show table local; ip link show nosuch; cat /proc/net/dev /proc/net/route /proc/net/if_inet6' 2>&1",
    needs: ["ip"],
  },
  {
    name: "bwrap: a network of its own",
    sh: "bwrap --ro-bind / / --unshare-net --proc /proc sh -c 'cat /proc/net/if_inet6; ls -l /proc/self/fd | wc -l'",
    needs: ["bwrap"],
  },
  {
    name: "bwrap: own processes, files and devices",
    sh: `bwrap --ro-bind / / --dev /dev --proc /proc --unshare-pid --tmpfs /tmp sh -c '${inside}; ls /dev /tmp; touch /usr/x; echo $?; echo y > /tmp/y; cat /tmp/y' 2>&1`,
    needs: ["bwrap", "ps"],
  },
  {
    name: "bwrap: a root of its own",
    sh: "bwrap --ro-bind /usr /usr --symlink usr/lib /lib --symlink usr/lib64 /lib64 --symlink usr/bin /bin --dir /work --chdir /work --unshare-user --unshare-ipc --uid 7 --gid 8 --hostname box --unshare-uts sh -c 'ls /; pwd; id -u; id -g; uname -n; ls -ld / | cut -c1-10'",
    needs: ["bwrap"],
  },
]);
