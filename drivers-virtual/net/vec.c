// SPDX-License-Identifier: GPL-2.0
/*
 * The network device: vec<n>, whose wire is a transport.
 *
 * A frame's way out: vec_start_xmit() puts it into a ring, and vec_flush() hands
 * what is there to the host by one call.  The host copies, so a frame is done
 * when the call returns.  If the peer takes no more, the ring fills and the
 * queue stops until the host says that there is room; a peer that makes us wait
 * for longer than VEC_PATIENCE loses what waits for it.  Nothing waits in the
 * host.
 *
 * A frame's way in: the interrupt schedules vec_poll(), which has the host fill
 * many slots by one call.  A slot is a buffer for what nearly all frames fit in,
 * and pages for the rest of large ones.
 *
 * Signals tell that frames come, as long as they are few (set_quiet()).
 */
#define pr_fmt(fmt) "vec: " fmt

#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <asm/host_irq.h>
#include "vec.h"

#define VEC_PATIENCE	(HZ / 5)
#define VEC_RETRY_NS	250000
#define VEC_MANY	16	/* frames that one poll brings, or one tick; fewer in VEC_CALM are few */
#define VEC_CALM	(HZ / 20)
/* Frames up to this need no pages.  Two fit into a page of the host's network buffers. */
#define VEC_HEAD	1536U
#define VEC_RX_MEMORY	(2U << 20)	/* no more for large frames */

static struct vec *to_vec(struct net_device *dev)
{
	return *(struct vec **)netdev_priv(dev);
}

static struct netdev_queue *tx_queue(struct vec *vec)
{
	return netdev_get_tx_queue(vec->dev, 0);
}

/* Peers */

static void peer_gone(struct vec *vec)
{
	if (!vec->connected)
		return;
	vec->connected = false;
	vec->counts.peers_lost++;
	netif_carrier_off(vec->dev);
	if (vec->irq)
		fd_irq_events(vec->irq, 0);	/* it would report the hang-up for ever */
	schedule_work(&vec->peer_work);
}

/* Sending */

static void complete_frames(struct vec *vec, unsigned int n, u64 *count)
{
	unsigned int i, bytes = 0;

	for (i = 0; i < n; i++) {
		struct vec_frame *frame = &vec->frame[(vec->first + i) % vec->o.depth];

		bytes += frame->skb->len;
		if (count == &vec->counts.tx_packets)
			dev_consume_skb_any(frame->skb);
		else
			dev_kfree_skb_any(frame->skb);
		frame->skb = NULL;
	}
	*count += n;
	if (count == &vec->counts.tx_packets)
		vec->counts.tx_bytes += bytes;
	vec->first = (vec->first + n) % vec->o.depth;
	vec->queued -= n;
	netdev_tx_completed_queue(tx_queue(vec), n, bytes);
}

static void purge(struct vec *vec, u64 *count)
{
	complete_frames(vec, vec->queued, count);
}

static void set_blocked(struct vec *vec, bool blocked)
{
	if (vec->blocked == blocked)
		return;
	vec->blocked = blocked;
	if (blocked) {
		vec->counts.tx_waits++;
		mod_timer(&vec->patience, jiffies + VEC_PATIENCE);
	} else {
		timer_delete(&vec->patience);
	}
	/* A peer that is gone is always ready. */
	if (vec->connected && !vec->link.retry)
		fd_irq_events(vec->irq, blocked ? HOST_POLLIN | HOST_POLLOUT : HOST_POLLIN);
}

/* Hand to the host what is queued.  Under the queue's lock. */
static void vec_flush(struct vec *vec)
{
	while ((vec->queued || vec->link.unsent) && vec->connected && !vec->closing) {
		unsigned int run = min(vec->queued, vec->o.depth - vec->first);
		int n;

		if (vec->o.one && run)
			run = 1;
		vec->counts.tx_calls++;
		n = vec->link.transport->send(&vec->link, &vec->tx[vec->first], run);
		if (n >= 0) {
			complete_frames(vec, n, &vec->counts.tx_packets);
			vec->dropping = false;
			set_blocked(vec, false);
		} else if (n == -EAGAIN) {
			if (vec->dropping) {
				vec->drop_time = jiffies;
				purge(vec, &vec->counts.tx_slow_peer);
				break;
			}
			set_blocked(vec, true);
			if (vec->link.retry)
				hrtimer_start(&vec->retry, VEC_RETRY_NS, HRTIMER_MODE_REL_SOFT);
			break;
		} else if (n == -EPIPE) {
			/* What it sent before that is still to be read. */
			vec->closing = true;
			napi_schedule(&vec->napi);
		} else if (n == -ENOTCONN) {
			purge(vec, &vec->counts.tx_no_peer);
		} else {
			complete_frames(vec, 1, &vec->counts.tx_refused);
		}
	}
	if (!vec->connected || vec->closing)
		purge(vec, &vec->counts.tx_no_peer);
	if (!vec->queued && !vec->link.unsent)
		set_blocked(vec, false);
	if (vec->queued < vec->o.depth && netif_running(vec->dev))
		netif_tx_wake_queue(tx_queue(vec));
}

static void flush_locked(struct vec *vec)
{
	struct netdev_queue *queue = tx_queue(vec);

	__netif_tx_lock_bh(queue);
	vec->polling = false;
	if (vec->queued || vec->link.unsent)
		vec_flush(vec);
	__netif_tx_unlock_bh(queue);
}

static bool map_frame(struct vec *vec, struct sk_buff *skb)
{
	unsigned int at = (vec->first + vec->queued) % vec->o.depth;
	struct vec_frame *frame = &vec->frame[at];
	struct host_iovec *iov = frame->iov;
	unsigned int i;

	if (vec->link.vnet) {
		if (virtio_net_hdr_from_skb(skb, &frame->vnet, true, false, 0))
			return false;
		*iov++ = (struct host_iovec){ &frame->vnet, sizeof(frame->vnet) };
	} else if (vec->link.prefix) {
		frame->length = cpu_to_be32(skb->len);
		*iov++ = (struct host_iovec){ &frame->length, VEC_PREFIX };
	}
	*iov++ = (struct host_iovec){ skb->data, skb_headlen(skb) };
	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		const skb_frag_t *frag = &skb_shinfo(skb)->frags[i];

		*iov++ = (struct host_iovec){ skb_frag_address(frag), skb_frag_size(frag) };
	}
	frame->skb = skb;
	vec->tx[at] = (struct host_packet){ .iov = frame->iov, .niov = iov - frame->iov };
	vec->queued++;
	return true;
}

static netdev_tx_t vec_start_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct vec *vec = to_vec(dev);
	bool more = netdev_xmit_more();
	u64 *dropped = NULL;

	if (!vec->connected || vec->closing)
		dropped = &vec->counts.tx_no_peer;
	else if (vec->dropping && vec->drop_time == jiffies)
		dropped = &vec->counts.tx_slow_peer;
	else if (skb_put_padto(skb, ETH_HLEN))
		return NETDEV_TX_OK;
	else if (!map_frame(vec, skb))
		dropped = &vec->counts.tx_refused;
	if (dropped) {
		++*dropped;
		dev_kfree_skb_any(skb);
	} else {
		/* Before the host has it: then it may be gone. */
		skb_tx_timestamp(skb);
		netdev_tx_sent_queue(tx_queue(vec), skb->len);
	}
	if (vec->queued == vec->o.depth)
		netif_tx_stop_queue(tx_queue(vec));
	if (vec->blocked || !vec->queued)
		return NETDEV_TX_OK;
	if (vec->queued == vec->o.depth || !vec->polling) {
		if (!more || netif_xmit_stopped(tx_queue(vec)))
			vec_flush(vec);
	}
	return NETDEV_TX_OK;
}

static void vec_patience_over(struct timer_list *timer)
{
	struct vec *vec = from_timer(vec, timer, patience);
	struct netdev_queue *queue = tx_queue(vec);

	__netif_tx_lock_bh(queue);
	if (vec->blocked) {
		vec->dropping = true;
		vec_flush(vec);
	}
	__netif_tx_unlock_bh(queue);
}

static enum hrtimer_restart vec_retry(struct hrtimer *timer)
{
	struct vec *vec = container_of(timer, struct vec, retry);

	napi_schedule(&vec->napi);
	return HRTIMER_NORESTART;
}

/* Receiving */

static bool fill_slot(struct vec *vec, struct vec_slot *slot, bool polling)
{
	struct host_iovec *iov = slot->iov;
	unsigned int i, len = VEC_HEAD + vec->o.headroom;

	if (!slot->skb) {
		slot->skb = polling ? napi_alloc_skb(&vec->napi, len) :
				      netdev_alloc_skb_ip_align(vec->dev, len);
		if (!slot->skb)
			return false;
		skb_reserve(slot->skb, vec->o.headroom);
	}
	if (vec->link.vnet)
		*iov++ = (struct host_iovec){ &slot->vnet, sizeof(slot->vnet) };
	*iov++ = (struct host_iovec){ slot->skb->data, VEC_HEAD };
	for (i = 0; i < vec->rx.pages; i++) {
		if (!slot->page[i])
			slot->page[i] = dev_alloc_page();
		if (!slot->page[i])
			return false;
		*iov++ = (struct host_iovec){ page_address(slot->page[i]), PAGE_SIZE };
	}
	vec->rx.packet[slot - vec->rx.slot] = (struct host_packet){
		.iov = slot->iov,
		.niov = iov - slot->iov,
	};
	return true;
}

/* Take @len bytes out of a slot.  NULL: there is no memory to fill it again. */
static struct sk_buff *take_frame(struct vec *vec, struct vec_slot *slot, unsigned int len)
{
	struct sk_buff *skb = slot->skb;
	struct page *page[VEC_PAGES];
	unsigned int i, used, head = min(len, VEC_HEAD);

	len -= head;
	used = DIV_ROUND_UP(len, PAGE_SIZE);
	slot->skb = NULL;
	for (i = 0; i < used; i++) {
		page[i] = slot->page[i];
		slot->page[i] = NULL;
	}
	if (fill_slot(vec, slot, true)) {
		skb_put(skb, head);
		for (i = 0; i < used; i++, len -= PAGE_SIZE)
			skb_add_rx_frag(skb, i, page[i], 0, min(len, PAGE_SIZE), PAGE_SIZE);
		return skb;
	}
	/* Put the slot back as it was. */
	kfree_skb(slot->skb);
	slot->skb = skb;
	for (i = 0; i < used; i++) {
		if (slot->page[i])
			__free_page(slot->page[i]);
		slot->page[i] = page[i];
	}
	fill_slot(vec, slot, true);
	return NULL;
}

static void deliver(struct vec *vec, unsigned int i)
{
	struct host_packet *p = &vec->rx.packet[i];
	unsigned int header = vec->link.vnet ? sizeof(struct virtio_net_hdr) : 0;
	struct virtio_net_hdr vnet = vec->rx.slot[i].vnet;
	unsigned int len = p->len;
	struct sk_buff *skb;

	if (p->flags & VEC_CUT) {
		vec->counts.rx_oversized++;
		return;
	}
	if (len < header + ETH_HLEN) {
		vec->counts.rx_runt++;
		return;
	}
	len -= header;
	/* Slots have room for longer frames, but only merged ones may be longer. */
	if (len > vec->dev->mtu + VLAN_ETH_HLEN &&
	    (!vec->link.vnet || vnet.gso_type == VIRTIO_NET_HDR_GSO_NONE)) {
		vec->counts.rx_oversized++;
		return;
	}
	skb = take_frame(vec, &vec->rx.slot[i], len);
	if (!skb) {
		vec->counts.rx_no_memory++;
		return;
	}
	if (vec->link.vnet) {
		if (virtio_net_hdr_to_skb(skb, &vnet, true)) {
			vec->counts.rx_bad_header++;
			kfree_skb(skb);
			return;
		}
		if (vnet.flags & VIRTIO_NET_HDR_F_DATA_VALID)
			skb->ip_summed = CHECKSUM_UNNECESSARY;
	}
	vec->counts.rx_packets++;
	vec->counts.rx_bytes += len;
	skb->protocol = eth_type_trans(skb, vec->dev);
	napi_gro_receive(&vec->napi, skb);
}

/* One host call.  Returns how many frames it brought, or -errno if none. */
static int receive_batch(struct vec *vec, unsigned int max)
{
	int n, i;

	vec->counts.rx_calls++;
	n = vec->link.transport->receive(&vec->link, vec->rx.packet, max);
	for (i = 0; i < n; i++)
		deliver(vec, i);
	return n;
}

static void read_control(struct vec *vec)
{
	char word[64];
	long n;

	vec->control_ready = false;
	n = host_read(vec->link.control, word, sizeof(word));
	if (n > 0 || n == -EAGAIN)
		fd_irq_events(vec->control_irq, HOST_POLLIN);
	else
		peer_gone(vec);
}

/*
 * A signal of the host for each frame costs the sender and the guest more than the frame
 * does.  After many frames in a tick, more will come: then entries into the kernel poll
 * for them, without signals, until few come or the polls come late.
 */
static void set_quiet(struct vec *vec, bool quiet)
{
	unsigned long flags;

	if (vec->quiet == quiet)
		return;
	vec->quiet = quiet;
	host_net_signal(vec->link.fd, !quiet);
	local_irq_save(flags);
	fd_irq_poll(vec->irq, quiet);
	local_irq_restore(flags);
	if (quiet) {
		vec->calm_count = vec->counts.rx_packets;
		mod_timer(&vec->calm, jiffies + VEC_CALM);
	}
}

static void vec_calm_over(struct timer_list *timer)
{
	struct vec *vec = from_timer(vec, timer, calm);

	if (!vec->quiet)
		return;
	if (vec->counts.rx_packets - vec->calm_count < VEC_MANY) {
		set_quiet(vec, false);
		/* What came before this raises no signal any more. */
		napi_schedule(&vec->napi);
	} else {
		vec->calm_count = vec->counts.rx_packets;
		mod_timer(&vec->calm, jiffies + VEC_CALM);
	}
}

static int vec_poll(struct napi_struct *napi, int budget)
{
	struct vec *vec = container_of(napi, struct vec, napi);
	int work = 0, n = 0;

	if (!budget) {
		flush_locked(vec);
		return 0;
	}
	vec->polling = true;
	if (vec->control_ready)
		read_control(vec);
	while (work < budget && vec->connected) {
		int want = min_t(int, vec->rx.slots, budget - work);

		n = receive_batch(vec, want);
		if (n > 0)
			work += n;
		if (n == want)
			continue;
		if (n < 0 && n != -EAGAIN) {
			if (n == -EPROTO)
				vec->counts.rx_bad_header++;
			peer_gone(vec);
		} else if (vec->closing) {
			if (n <= 0)
				peer_gone(vec);
			continue;
		} else if (work >= VEC_MANY) {
			/* The next poll will find what comes while these are used. */
			work = budget;
		} else if (vec->quiet && irq_polls_are_late()) {
			set_quiet(vec, false);
			/* What came before this raises no signal any more. */
			continue;
		}
		break;
	}
	if (vec->tick != jiffies) {
		vec->tick = jiffies;
		vec->tick_count = vec->counts.rx_packets - work;
	}
	if (vec->counts.rx_packets - vec->tick_count >= VEC_MANY && vec->connected &&
	    !irq_polls_are_late())
		set_quiet(vec, true);
	if (work < budget)
		napi_complete_done(napi, work);
	flush_locked(vec);
	return work;
}

static irqreturn_t vec_interrupt(int irq, void *dev)
{
	struct vec *vec = dev;

	napi_schedule(&vec->napi);
	return IRQ_HANDLED;
}

static irqreturn_t vec_control_interrupt(int irq, void *dev)
{
	struct vec *vec = dev;

	fd_irq_events(irq, 0);
	vec->control_ready = true;
	napi_schedule(&vec->napi);
	return IRQ_HANDLED;
}

static irqreturn_t vec_listener_interrupt(int irq, void *dev)
{
	struct vec *vec = dev;

	fd_irq_events(irq, 0);
	schedule_work(&vec->peer_work);
	return IRQ_HANDLED;
}

/* Up and down */

static void free_slots(struct vec_rx *rx)
{
	unsigned int i, j;

	for (i = 0; rx->slot && i < rx->slots; i++) {
		kfree_skb(rx->slot[i].skb);
		for (j = 0; j < VEC_PAGES; j++)
			if (rx->slot[i].page[j])
				__free_page(rx->slot[i].page[j]);
	}
	kfree(rx->slot);
	kfree(rx->packet);
	*rx = (struct vec_rx){ };
}

static int alloc_slots(struct vec *vec)
{
	unsigned int i, room = vec->dev->mtu + VLAN_ETH_HLEN;
	struct vec_rx old = vec->rx, *rx = &vec->rx;

	/* Merged frames are as long as IP can make them. */
	if (vec->link.vnet)
		room = IP_MAX_MTU + VLAN_ETH_HLEN;
	*rx = (struct vec_rx){ .slots = vec->o.one ? 1 : vec->o.depth };
	if (room > VEC_HEAD) {
		rx->pages = DIV_ROUND_UP(room - VEC_HEAD, PAGE_SIZE);
		rx->slots = min(rx->slots, max(8U, VEC_RX_MEMORY / (rx->pages << PAGE_SHIFT)));
	}
	rx->slot = kcalloc(rx->slots, sizeof(*rx->slot), GFP_KERNEL);
	rx->packet = kcalloc(rx->slots, sizeof(*rx->packet), GFP_KERNEL);
	if (!rx->slot || !rx->packet)
		goto undo;
	for (i = 0; i < rx->slots; i++)
		if (!fill_slot(vec, &rx->slot[i], false))
			goto undo;
	free_slots(&old);
	return 0;

undo:
	free_slots(rx);
	*rx = old;
	return -ENOMEM;
}

static int get_irq(int *irq, int fd, irq_handler_t handler, struct vec *vec)
{
	int ret = request_fd_irq(fd, HOST_POLLIN, handler, vec->dev->name, vec);

	*irq = max(ret, 0);
	return min(ret, 0);
}

static void put_irq(int *irq, struct vec *vec)
{
	if (*irq)
		free_fd_irq(*irq, vec);
	*irq = 0;
}

/* There is a peer at link.fd.  Under RTNL, with polling and the queue off. */
static int connect_peer(struct vec *vec)
{
	int err = get_irq(&vec->irq, vec->link.fd, vec_interrupt, vec);

	if (err)
		return err;
	vec->quiet = false;
	vec->dropping = false;
	vec->closing = false;
	vec->connected = true;
	netif_carrier_on(vec->dev);
	return 0;
}

static void disconnect_peer(struct vec *vec)
{
	vec->connected = false;
	netif_carrier_off(vec->dev);
	put_irq(&vec->irq, vec);
	/* A connection that the guest made stays open: the next kernel after a restart takes it. */
	if (vec->link.listener >= 0 && vec->link.fd >= 0) {
		host_close(vec->link.fd);
		vec->link.fd = -1;
	}
}

static void stop_traffic(struct vec *vec)
{
	netif_tx_disable(vec->dev);
	napi_disable(&vec->napi);
	hrtimer_cancel(&vec->retry);
	timer_delete_sync(&vec->patience);
	timer_delete_sync(&vec->calm);
	if (vec->irq)
		set_quiet(vec, false);
	set_blocked(vec, false);
}

static void start_traffic(struct vec *vec)
{
	napi_enable(&vec->napi);
	/* A ring that is full has room after the poll. */
	if (vec->queued < vec->o.depth)
		netif_tx_wake_all_queues(vec->dev);
	/* Frames may have come while nobody polled. */
	local_bh_disable();
	napi_schedule(&vec->napi);
	local_bh_enable();
}

static void drop_queue(struct vec *vec, u64 *count)
{
	purge(vec, count);
	vec->first = 0;
	vec->polling = false;
}

static int start_link(struct vec *vec, bool new_peer)
{
	const struct vec_transport *t = vec->link.transport;

	return t->start ? t->start(&vec->link, new_peer) : 0;
}

/* Take the next peer from the listener.  One at a time: others are hung up on. */
static void accept_peers(struct vec *vec)
{
	int fd;

	for (;;) {
		/* A peer that has hung up is read to its end first; then this runs again. */
		if (vec->link.fd >= 0 && host_net_hung_up(vec->link.fd))
			return;
		fd = host_net_accept(vec->link.listener);
		if (fd < 0)
			break;
		if (vec->link.fd >= 0 && !host_net_hung_up(vec->link.fd)) {
			if (net_ratelimit())
				netdev_warn(vec->dev, "another peer was refused: one is there already\n");
			host_close(fd);
			continue;
		}
		stop_traffic(vec);
		/* The peer has hung up since: the last that it had sent is lost. */
		if (vec->link.fd >= 0) {
			vec->counts.peers_lost += vec->connected;
			disconnect_peer(vec);
			drop_queue(vec, &vec->counts.tx_no_peer);
		}
		vec->link.fd = fd;
		if (start_link(vec, true) || connect_peer(vec))
			disconnect_peer(vec);
		else
			netdev_info(vec->dev, "a peer has come\n");
		start_traffic(vec);
	}
	if (vec->listener_irq)
		fd_irq_events(vec->listener_irq, HOST_POLLIN);
}

static void vec_peer_work(struct work_struct *work)
{
	struct vec *vec = container_of(work, struct vec, peer_work);

	rtnl_lock();
	if (!netif_running(vec->dev))
		goto out;
	if (vec->irq && !vec->connected) {
		stop_traffic(vec);
		disconnect_peer(vec);
		drop_queue(vec, &vec->counts.tx_no_peer);
		if (vec->link.listener >= 0)
			netdev_info(vec->dev, "the peer is gone; another one may come\n");
		else
			netdev_warn(vec->dev, "the peer is gone for good: configure the device anew (mconsole), or restart the guest with the peer\n");
		start_traffic(vec);
	}
	if (vec->link.listener >= 0)
		accept_peers(vec);
out:
	rtnl_unlock();
}

static int vec_open(struct net_device *dev)
{
	struct vec *vec = to_vec(dev);
	int err;

	vec->frame = kcalloc(vec->o.depth, sizeof(*vec->frame), GFP_KERNEL);
	vec->tx = kcalloc(vec->o.depth, sizeof(*vec->tx), GFP_KERNEL);
	err = -ENOMEM;
	if (!vec->frame || !vec->tx)
		goto free;
	err = alloc_slots(vec);
	if (err)
		goto free;
	err = start_link(vec, false);
	if (err)
		goto free_slots;
	if (vec->link.listener >= 0) {
		err = get_irq(&vec->listener_irq, vec->link.listener, vec_listener_interrupt, vec);
		if (err)
			goto free_slots;
	}
	if (vec->link.control >= 0) {
		err = get_irq(&vec->control_irq, vec->link.control, vec_control_interrupt, vec);
		if (err)
			goto put_irqs;
	}
	if (vec->link.fd >= 0) {
		err = connect_peer(vec);
		if (err)
			goto put_irqs;
	}
	netdev_tx_reset_queue(tx_queue(vec));
	/* Enough for a host call to be worth it. */
	netdev_queue_set_dql_min_limit(tx_queue(vec), 2 * GSO_LEGACY_MAX_SIZE);
	start_traffic(vec);
	return 0;

put_irqs:
	put_irq(&vec->control_irq, vec);
	put_irq(&vec->listener_irq, vec);
free_slots:
	free_slots(&vec->rx);
free:
	kfree(vec->frame);
	kfree(vec->tx);
	return err;
}

static int vec_stop(struct net_device *dev)
{
	struct vec *vec = to_vec(dev);

	stop_traffic(vec);
	put_irq(&vec->control_irq, vec);
	put_irq(&vec->listener_irq, vec);
	disconnect_peer(vec);
	drop_queue(vec, &vec->counts.tx_no_peer);
	netdev_tx_reset_queue(tx_queue(vec));
	free_slots(&vec->rx);
	kfree(vec->frame);
	kfree(vec->tx);
	return 0;
}

static int vec_change_mtu(struct net_device *dev, int mtu)
{
	struct vec *vec = to_vec(dev);
	unsigned int old = dev->mtu;
	int err = 0;

	WRITE_ONCE(dev->mtu, mtu);
	if (!netif_running(dev))
		return 0;
	stop_traffic(vec);
	err = alloc_slots(vec);
	if (err)
		WRITE_ONCE(dev->mtu, old);
	start_traffic(vec);
	return err;
}

static void vec_get_stats(struct net_device *dev, struct rtnl_link_stats64 *s)
{
	const struct vec_counts *c = &to_vec(dev)->counts;

	s->rx_packets = c->rx_packets;
	s->rx_bytes = c->rx_bytes;
	s->rx_length_errors = c->rx_runt + c->rx_oversized;
	s->rx_frame_errors = c->rx_bad_header;
	s->rx_errors = s->rx_length_errors + s->rx_frame_errors;
	s->rx_dropped = c->rx_no_memory;
	s->tx_packets = c->tx_packets;
	s->tx_bytes = c->tx_bytes;
	s->tx_carrier_errors = c->tx_no_peer;
	s->tx_errors = c->tx_refused;
	s->tx_dropped = c->tx_slow_peer + c->tx_no_peer;
}

static const struct net_device_ops vec_netdev_ops = {
	.ndo_open		= vec_open,
	.ndo_stop		= vec_stop,
	.ndo_start_xmit		= vec_start_xmit,
	.ndo_change_mtu		= vec_change_mtu,
	.ndo_get_stats64	= vec_get_stats,
	.ndo_set_mac_address	= eth_mac_addr,
	.ndo_validate_addr	= eth_validate_addr,
};

static void vec_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &vec_netdev_ops;
	dev->ethtool_ops = &vec_ethtool_ops;
	dev->priv_flags &= ~IFF_TX_SKB_SHARING;
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE;
}

/* One that no other guest has, and that stays the same when this one restarts. */
static void choose_mac(struct vec *vec)
{
	u8 mac[ETH_ALEN];

	if (vec->o.has_mac) {
		eth_hw_addr_set(vec->dev, vec->o.mac);
		return;
	}
	host_net_mac(vec->unit, mac);
	eth_hw_addr_set(vec->dev, mac);
	vec->dev->addr_assign_type = NET_ADDR_RANDOM;
}

int vec_add(struct vec *vec)
{
	struct net_device *dev;
	char name[IFNAMSIZ];
	int err;

	snprintf(name, sizeof(name), "vec%u", vec->unit);
	dev = alloc_netdev(sizeof(vec), name, NET_NAME_PREDICTABLE, vec_setup);
	if (!dev)
		return -ENOMEM;
	*(struct vec **)netdev_priv(dev) = vec;
	vec->dev = dev;
	choose_mac(vec);
	dev->hw_features = NETIF_F_SG | vec->link.features;
	dev->features = dev->hw_features;
	dev->vlan_features = dev->hw_features;
	dev->max_mtu = vec->link.max_mtu;
	dev->mtu = vec->o.mtu;
	INIT_WORK(&vec->peer_work, vec_peer_work);
	hrtimer_init(&vec->retry, CLOCK_MONOTONIC, HRTIMER_MODE_REL_SOFT);
	vec->retry.function = vec_retry;
	timer_setup(&vec->patience, vec_patience_over, 0);
	timer_setup(&vec->calm, vec_calm_over, 0);
	netif_napi_add(dev, &vec->napi, vec_poll);
	netif_carrier_off(dev);
	err = register_netdev(dev);
	if (err) {
		free_netdev(dev);
		vec->dev = NULL;
		return err;
	}
	if (!vec->o.gro) {
		rtnl_lock();
		dev->wanted_features &= ~NETIF_F_GRO;
		netdev_update_features(dev);
		rtnl_unlock();
	}
	return 0;
}

void vec_remove(struct vec *vec)
{
	unregister_netdev(vec->dev);
	cancel_work_sync(&vec->peer_work);
	free_netdev(vec->dev);
	vec->dev = NULL;
}
