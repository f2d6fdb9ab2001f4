/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Between the network device (vec.c), what makes one of an option (option.c),
 * and the transports that carry its frames.
 *
 * A transport is a file with one struct vec_transport at its end, entered in the
 * table of transports, and a line in the Makefile.  It opens what the option names
 * and moves batches of frames; all else is the device's.
 */
#ifndef VEC_H
#define VEC_H

#include <linux/hrtimer.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/seq_buf.h>
#include <linux/timer.h>
#include <linux/virtio_net.h>
#include <linux/workqueue.h>
#include <asm/host.h>
#include <asm/table.h>

#define VEC_TEXT	512	/* the longest option */
#define VEC_MAX_MTU	65521U	/* so that a frame and its tag fit into 65539 bytes */
#define VEC_PREFIX	4	/* bytes that a stream has before each frame */

/* What an option may say; bits of vec_transport.takes. */
enum vec_key {
	VEC_SRC, VEC_DST, VEC_IFNAME, VEC_FD, VEC_VNET,
	/* those that all transports take */
	VEC_DEPTH, VEC_MTU, VEC_MAC, VEC_GRO, VEC_ONE, VEC_HEADROOM,
	VEC_KEYS
};

struct vec_options {
	const char *src, *dst, *ifname;		/* NULL: not said */
	int fd;
	unsigned int depth;	/* frames a host call */
	unsigned int mtu;
	unsigned int headroom;
	bool gro;		/* merge what is received, and have the peer merge */
	bool vnet;		/* a struct virtio_net_hdr before each frame */
	bool one;		/* vec=0: one frame a host call */
	bool has_mac;
	u8 mac[ETH_ALEN];
};

/* One end of a wire.  The transport fills it in; the device reads it. */
struct vec_link {
	const struct vec_transport *transport;
	int fd;			/* frames; -1 while a listener has no peer */
	int listener;		/* the next peer comes here; -1: there is only the first */
	int control;		/* the peer is there as long as this is; or -1 */
	bool vnet;
	bool prefix;		/* a stream: each frame comes after its length */
	bool names;		/* every frame is sent to @address */
	bool retry;		/* the host does not always say when the peer takes more */
	bool unsent;		/* send() has taken a frame that the host has only a part of */
	netdev_features_t features;
	unsigned int max_mtu;

	unsigned char address[HOST_PEER_LEN];
	unsigned int address_len;
	struct vec_stream *stream;	/* stream.c's */
};

struct vec_transport {
	const char *name;
	unsigned int takes;	/* of what only some transports take */
	const char *usage;	/* what its option looks like */

	/*
	 * Open what @o names.  At boot there is no slab yet; by hot-plug, in
	 * process context.  0, or -errno and a line in @why.
	 */
	int (*open)(struct vec_link *link, const struct vec_options *o, struct seq_buf *why);

	/* The device goes up, or there is another peer; may sleep.  May be NULL, as close(). */
	int (*start)(struct vec_link *link, bool new_peer);
	void (*close)(struct vec_link *link);	/* all but the descriptors */

	/*
	 * Move frames; softirq context, never wait.  They return how many of @n
	 * (>= 1), or -EAGAIN, or -EPIPE: the peer is gone, or -EPROTO:
	 * it sends what are no frames.  send() may also return
	 * another error, which concerns the first frame alone; -ENOTCONN, which
	 * concerns all; and 0 if @n is 0 and nothing is unsent.
	 *
	 * A packet is as long as its iov says, when sent; and as its len says when
	 * received, or longer than there is room if VEC_CUT is in its flags.
	 */
	int (*send)(struct vec_link *link, struct host_packet *p, unsigned int n);
	int (*receive)(struct vec_link *link, struct host_packet *p, unsigned int n);
};

#define VEC_CUT		HOST_PACKET_CUT

/* fd=N is one of these. */
extern const struct vec_transport vec_tap, vec_bess, vec_dgram, vec_stream;

/* For sockets that keep frames apart. */
int vec_packets_send(struct vec_link *link, struct host_packet *p, unsigned int n);
int vec_packets_receive(struct vec_link *link, struct host_packet *p, unsigned int n);
/* @link leads through a unix socket.  */
int vec_unix_open(struct vec_link *link, int type, const struct vec_options *o,
		  struct seq_buf *why);
/* The link carries struct virtio_net_hdr: what its other end can be left to do. */
void vec_use_vnet(struct vec_link *link);

/* What follows in these is only changed in softirq context or with bottom halves off. */
struct vec_counts {
	u64 rx_packets, rx_bytes, rx_calls;
	u64 rx_runt;		/* shorter than an Ethernet header */
	u64 rx_oversized;	/* longer than the MTU allows */
	u64 rx_bad_header;	/* a vnet header that is wrong */
	u64 rx_no_memory;
	u64 tx_packets, tx_bytes, tx_calls;
	u64 tx_waits;		/* the peer took no more */
	u64 tx_no_peer;		/* dropped: there is no peer */
	u64 tx_slow_peer;	/* dropped: the peer did not read for too long */
	u64 tx_refused;		/* dropped: the host did not take this frame */
	u64 peers_lost;
};

#define VEC_PAGES	17
#define VEC_RX_IOV	(2 + VEC_PAGES)
#define VEC_TX_IOV	(2 + MAX_SKB_FRAGS)

/* Room for a frame that comes.  What it does not use stays for the next one. */
struct vec_slot {
	struct sk_buff *skb;
	struct page *page[VEC_PAGES];
	struct virtio_net_hdr vnet;
	struct host_iovec iov[VEC_RX_IOV];
};

/* Where frames come */
struct vec_rx {
	struct vec_slot *slot;
	struct host_packet *packet;	/* one for each slot */
	unsigned int slots;
	unsigned int pages;	/* of a slot, after VEC_HEAD bytes in its skb */
};

/* A frame that goes. */
struct vec_frame {
	struct sk_buff *skb;
	union {
		struct virtio_net_hdr vnet;
		__be32 length;
	};
	struct host_iovec iov[VEC_TX_IOV];
};

/* A device, from its option to its removal. */
struct vec {
	struct list_head list;
	unsigned int unit;
	bool boot;			/* no kfree(): from before there was a slab */
	char text[VEC_TEXT];		/* the option, as it was written */
	struct vec_options o;		/* points into @parsed */
	char parsed[VEC_TEXT];
	struct vec_link link;
	struct net_device *dev;

	/* While the device is up */
	struct napi_struct napi;
	int irq, listener_irq, control_irq;	/* 0: none */
	struct work_struct peer_work;	/* peers that come and go */
	bool connected;			/* there is a peer */
	bool closing;			/* it reads no more */
	bool control_ready;
	bool quiet;			/* no SIGIO: busy, and polled */

	/* Receiving: NAPI's */
	struct vec_rx rx;

	/* Sending: under the transmit queue's lock */
	struct vec_frame *frame;	/* a ring */
	struct host_packet *tx;
	unsigned int first, queued;
	bool polling;			/* vec_poll() will send at its end */
	bool blocked;			/* the peer takes no more now */
	bool dropping;			/* the peer has taken none for long */
	unsigned long drop_time;	/* jiffies: when that was last tried */
	struct hrtimer retry;		/* where the host does not tell when to go on */
	struct timer_list patience;
	struct timer_list calm;		/* checks how much came while quiet */
	u64 calm_count;			/* counts.rx_packets when it was set */
	unsigned long tick;		/* jiffies, and counts.rx_packets when they began */
	u64 tick_count;

	struct vec_counts counts;
};

/* vec.c.  They sleep. */
int vec_add(struct vec *vec);
void vec_remove(struct vec *vec);	/* the device; not @vec */

extern const struct ethtool_ops vec_ethtool_ops;

#endif
