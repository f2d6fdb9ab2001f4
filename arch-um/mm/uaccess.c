// SPDX-License-Identifier: GPL-2.0
/*
 * Access to user memory from the kernel.
 *
 * Page by page: through the mapping that user code has, if it has the right;
 * else through the guest page table and the direct map; else the page is
 * faulted in by a call.  No access goes through a mapping that could fault.
 * Pages of programs and files lie far (mm/far.c).
 */
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/uaccess.h>
#include <asm/far.h>
#include <asm/host.h>
#include <asm/hostmap.h>
#include <asm/trap.h>
#include <asm/user_context.h>
#include <asm/user_pieces.h>
#include <asm/word-at-a-time.h>

/*
 * Where the kernel may touch @addr, or NULL if the page has to be faulted in.
 * A processor that goes on as if @addr were user code's, though it is not, must not
 * load from the kernel's own memory.
 */
static void *user_page(unsigned long addr, bool write)
{
	unsigned int rights;
	pte_t pte;

	if (unlikely(!is_user_address(addr)))
		return NULL;
	addr = array_index_nospec(addr, TASK_SIZE);
	addr &= ~array_index_mask_nospec(addr - HOLE, HOLE_END - HOLE);
	rights = hostmap_rights(addr);
	if (rights & (write ? HOSTMAP_WRITE : HOSTMAP_READ))
		return (void *)addr;
	pte = guest_entry(current->mm, addr);
	if ((pte_val(pte) & (_PAGE_PRESENT | _PAGE_USER)) != (_PAGE_PRESENT | _PAGE_USER))
		return NULL;
	if (write && !(pte_write(pte) && pte_dirty(pte)))
		return NULL;
	return __va(pte_val(pte) & PTE_PFN_MASK) + offset_in_page(addr);
}

static int fault_in(unsigned long addr, bool write)
{
	if (faulthandler_disabled())
		return -EFAULT;
	might_fault();
	return page_fault_in(addr, write);
}

enum how { TO_USER, FROM_USER, CLEAR };

/* Returns the number of bytes that were not done. */
static unsigned long each_page(unsigned long user, void *kernel, unsigned long n, enum how how)
{
	if (unlikely(!current->mm))
		return n;
	while (n) {
		unsigned long len = min(n, PAGE_SIZE - offset_in_page(user));
		void *p;

		preempt_disable();
		p = user_page(user, how != FROM_USER);
		if (!p) {
			preempt_enable();
			if (fault_in(user, how != FROM_USER))
				break;
			continue;
		}
		if (how == FROM_USER)
			far_copy(kernel, p, len);
		else if (how == TO_USER)
			far_copy(p, kernel, len);
		else
			far_copy(p, empty_zero_page, len);
		preempt_enable();
		user += len;
		kernel += len;
		n -= len;
	}
	return n;
}

unsigned long raw_copy_from_user(void *to, const void __user *from, unsigned long n)
{
	return each_page((unsigned long)from, to, n, FROM_USER);
}
EXPORT_SYMBOL(raw_copy_from_user);

unsigned long raw_copy_to_user(void __user *to, const void *from, unsigned long n)
{
	return each_page((unsigned long)to, (void *)from, n, TO_USER);
}
EXPORT_SYMBOL(raw_copy_to_user);

unsigned long __clear_user(void __user *to, unsigned long n)
{
	return each_page((unsigned long)to, NULL, n, CLEAR);
}
EXPORT_SYMBOL(__clear_user);

size_t user_pieces(unsigned long user, size_t len, bool write, struct host_iovec *iov,
		   unsigned int *nr)
{
	struct host_iovec *last = iov - 1, *end = iov + *nr;
	size_t done = 0;

	while (current->mm && done < len) {
		size_t n = min(len - done, PAGE_SIZE - offset_in_page(user + done));
		void *p = user_page(user + done, write);

		if (!p)
			break;
		if (last >= iov && last->base + last->len == p)
			last->len += n;
		else if (last + 1 < end)
			*++last = (struct host_iovec){ p, n };
		else
			break;
		done += n;
	}
	*nr = last + 1 - iov;
	return done;
}

/*
 * Bytes before the first zero of the @len at @from, or @len if there is none.
 *
 * What is there can change at any time: the host's asynchronous reads write to
 * user pages like another processor, and so does a process that shares a file with the
 * guest.  So every word is loaded once; what is copied to @to (unless NULL) is
 * what was searched.  Up to a word behind the zero may come with it.
 */
static long copy_string(char *to, const char *from, long len)
{
	const struct word_at_a_time constants = WORD_AT_A_TIME_CONSTANTS;
	unsigned long word, bits;
	long n = 0;

	for (; n + (long)sizeof(word) <= len; n += sizeof(word)) {
		word = READ_ONCE(*(const unsigned long *)(from + n));
		if (to)
			put_unaligned(word, (unsigned long *)(to + n));
		if (has_zero(word, &bits, &constants)) {
			bits = prep_zero_mask(word, bits, &constants);
			return n + find_zero(create_zero_mask(bits));
		}
	}
	for (; n < len; n++) {
		char c = READ_ONCE(from[n]);

		if (to)
			to[n] = c;
		if (!c)
			break;
	}
	return n;
}

/* The same for a string of user memory of at most @count bytes; or -EFAULT. */
static long each_piece(unsigned long user, char *to, long count)
{
	long done = 0;

	if (unlikely(!current->mm))
		return -EFAULT;
	if (user >= TASK_SIZE)
		return -EFAULT;
	count = min_t(unsigned long, count, TASK_SIZE - user);
	while (done < count) {
		long len = min_t(long, count - done, PAGE_SIZE - offset_in_page(user + done));
		const char *p;
		long n;

		preempt_disable();
		p = user_page(user + done, false);
		if (!p) {
			preempt_enable();
			if (fault_in(user + done, false))
				return -EFAULT;
			continue;
		}
		n = copy_string(to ? to + done : NULL, p, len);
		preempt_enable();
		done += n;
		if (n < len)
			return done;
	}
	return done;
}

/* As the generic one: length without the zero, @count if there was none, or -EFAULT. */
long strncpy_from_user(char *to, const char __user *from, long count)
{
	unsigned long user = (unsigned long)from;
	long n;

	might_fault();
	if (unlikely(count <= 0))
		return 0;
	n = each_piece(user, to, count);
	if (n >= 0 && n < count && user + n >= TASK_SIZE)
		return -EFAULT;		/* ran into the end of user space */
	return n;
}
EXPORT_SYMBOL(strncpy_from_user);

/* As the generic one: length with the zero, more than @n if there was none, 0 on a fault. */
long strnlen_user(const char __user *s, long n)
{
	unsigned long user = (unsigned long)s;
	long len;

	might_fault();
	if (unlikely(n <= 0))
		return 0;
	len = each_piece(user, NULL, n);
	if (len < 0 || (len < n && user + len >= TASK_SIZE))
		return 0;
	return len + 1;
}
EXPORT_SYMBOL(strnlen_user);

/*
 * Kernel addresses that may be wrong.  The access itself is one instruction
 * with a fixup: see trap/entry.S.
 */
int kernel_load_nofault(void *to, const void *from, unsigned int size)
{
	return nofault_copy(to, from, size);
}
EXPORT_SYMBOL(kernel_load_nofault);

int kernel_store_nofault(void *to, const void *from, unsigned int size)
{
	return nofault_copy(to, from, size);
}
EXPORT_SYMBOL(kernel_store_nofault);

/* For load_unaligned_zeropad(): the aligned word at least is there. */
unsigned long load_page_crosser(const void *addr)
{
	unsigned long word, at = (unsigned long)addr;

	if (nofault_copy(&word, addr, sizeof(word)))
		word = *(unsigned long *)round_down(at, sizeof(word)) >> at % sizeof(word) * BITS_PER_BYTE;
	return word;
}
EXPORT_SYMBOL(load_page_crosser);

bool copy_from_kernel_nofault_allowed(const void *from, size_t size)
{
	return (unsigned long)from >= KERNEL_BASE && (unsigned long)from < HOLE_END;
}
