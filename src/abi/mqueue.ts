/** mq_overview(7): <mqueue.h>, <linux/mqueue.h>, fs/proc limits. */
export const MQ_PRIO_MAX = 32768;
/** struct mq_attr: flags, maxmsg, msgsize, curmsgs; 8 bytes each, then 32 reserved ones. */
export const MQ_ATTR_SIZE = 64;
/** /proc/sys/fs/mqueue: msg_default, msgsize_default, which are also the most that users may ask for, and queues_max. */
export const MSG_DEFAULT = 10;
export const MSGSIZE_DEFAULT = 8192;
export const QUEUES_MAX = 256;
/** The most that CAP_SYS_RESOURCE may ask for. */
export const HARD_MSGMAX = 65536;
export const HARD_MSGSIZEMAX = 16 * 1024 * 1024;
/** What a message and a priority take beside their bytes: sizeof(struct msg_msg), sizeof(struct posix_msg_tree_node). */
export const MSG_OVERHEAD = 48;
export const NODE_OVERHEAD = 48;
/** SIGEV_THREAD: this many bytes go to a netlink socket; the last one says why. */
export const NOTIFY_COOKIE_LEN = 32;
export const NOTIFY_WOKENUP = 1;
export const NOTIFY_REMOVED = 2;
/** Size of a queue as a file. */
export const FILE_SIZE = 80;
export const MQUEUE_MAGIC = 0x19800202;
