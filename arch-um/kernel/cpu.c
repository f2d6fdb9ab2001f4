// SPDX-License-Identifier: GPL-2.0
/*
 * The processor: the host's, with what code at CPL 3 can use of it.
 */
#include <linux/bitops.h>
#include <linux/cache.h>
#include <linux/elf.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/timex.h>
#include <asm/boot.h>
#include <asm/cpufeature.h>
#include <asm/hwcap2.h>
#include <asm/processor.h>

struct cpuinfo_um boot_cpu_data __ro_after_init = {
	.cache_alignment = L1_CACHE_BYTES,
};
EXPORT_SYMBOL(boot_cpu_data);

u32 elf_hwcap2 __ro_after_init;

struct cpuid {
	u32 eax, ebx, ecx, edx;
};

static struct cpuid cpuid_count(u32 leaf, u32 sub)
{
	struct cpuid r;

	native_cpuid_count(leaf, sub, &r.eax, &r.ebx, &r.ecx, &r.edx);
	return r;
}

void native_cpuid_count(u32 leaf, u32 sub, u32 *a, u32 *b, u32 *c, u32 *d)
{
	asm volatile("cpuid"
		     : "=a"(*a), "=b"(*b), "=c"(*c), "=d"(*d)
		     : "0"(leaf), "2"(sub)
		     : "memory");
}
EXPORT_SYMBOL(native_cpuid_count);

/*
 * Features that need nothing of the kernel but what the host has done already,
 * and the few (pae, nx, lm, ...) by which installers tell the kinds of
 * processors.  Not here: what needs CPL 0, and what the guest's kernel does not
 * manage, as protection keys, AMX and shadow stacks.
 */
static const u16 features_plain[] __initconst = {
	X86_FEATURE_FPU, X86_FEATURE_TSC, X86_FEATURE_PAE, X86_FEATURE_CX8, X86_FEATURE_CMOV,
	X86_FEATURE_CLFLUSH, X86_FEATURE_MMX, X86_FEATURE_FXSR, X86_FEATURE_XMM,
	X86_FEATURE_XMM2,

	X86_FEATURE_SYSCALL, X86_FEATURE_NX, X86_FEATURE_MMXEXT, X86_FEATURE_FXSR_OPT,
	X86_FEATURE_RDTSCP, X86_FEATURE_LM, X86_FEATURE_3DNOWEXT, X86_FEATURE_3DNOW,

	X86_FEATURE_XMM3, X86_FEATURE_PCLMULQDQ, X86_FEATURE_SSSE3, X86_FEATURE_CX16,
	X86_FEATURE_XMM4_1, X86_FEATURE_XMM4_2, X86_FEATURE_MOVBE, X86_FEATURE_POPCNT,
	X86_FEATURE_AES, X86_FEATURE_RDRAND, X86_FEATURE_HYPERVISOR,

	X86_FEATURE_LAHF_LM, X86_FEATURE_ABM, X86_FEATURE_SSE4A, X86_FEATURE_MISALIGNSSE,
	X86_FEATURE_3DNOWPREFETCH, X86_FEATURE_TBM,

	X86_FEATURE_FSGSBASE, X86_FEATURE_BMI1, X86_FEATURE_HLE, X86_FEATURE_BMI2,
	X86_FEATURE_ERMS, X86_FEATURE_RTM, X86_FEATURE_RDSEED, X86_FEATURE_ADX,
	X86_FEATURE_CLFLUSHOPT, X86_FEATURE_CLWB, X86_FEATURE_SHA_NI,

	X86_FEATURE_CLZERO, X86_FEATURE_RDPRU,

	X86_FEATURE_WAITPKG, X86_FEATURE_GFNI, X86_FEATURE_RDPID, X86_FEATURE_CLDEMOTE,
	X86_FEATURE_MOVDIRI, X86_FEATURE_MOVDIR64B,

	X86_FEATURE_FSRM, X86_FEATURE_SERIALIZE, X86_FEATURE_TSXLDTRK,
};

/* Need the host to save more than SSE's registers: bits of XCR0 */
#define XCR0_AVX	0x06
#define XCR0_AVX512	0xe6

static const u16 features_xsave[] __initconst = {
	X86_FEATURE_XSAVE, X86_FEATURE_OSXSAVE, X86_FEATURE_XSAVEOPT, X86_FEATURE_XSAVEC,
	X86_FEATURE_XGETBV1,
};

static const u16 features_avx[] __initconst = {
	X86_FEATURE_FMA, X86_FEATURE_AVX, X86_FEATURE_F16C, X86_FEATURE_XOP, X86_FEATURE_FMA4,
	X86_FEATURE_AVX2, X86_FEATURE_AVX_VNNI, X86_FEATURE_VAES, X86_FEATURE_VPCLMULQDQ,
};

static const u16 features_avx512[] __initconst = {
	X86_FEATURE_AVX512F, X86_FEATURE_AVX512DQ, X86_FEATURE_AVX512IFMA, X86_FEATURE_AVX512PF,
	X86_FEATURE_AVX512ER, X86_FEATURE_AVX512CD, X86_FEATURE_AVX512BW, X86_FEATURE_AVX512VL,
	X86_FEATURE_AVX512_BF16, X86_FEATURE_AVX512VBMI, X86_FEATURE_AVX512_VBMI2,
	X86_FEATURE_AVX512_VNNI, X86_FEATURE_AVX512_BITALG, X86_FEATURE_AVX512_VPOPCNTDQ,
	X86_FEATURE_AVX512_4VNNIW, X86_FEATURE_AVX512_4FMAPS, X86_FEATURE_AVX512_VP2INTERSECT,
	X86_FEATURE_AVX512_FP16,
};

/* CPUID is slow in a virtual machine: 5 us each on some.  Ask what is needed for boot. */
static void __init read_features(u32 *word)
{
	u32 max = cpuid_count(0, 0).eax, max_ext = cpuid_count(0x80000000, 0).eax;
	struct cpuid r = cpuid_count(1, 0);

	/* the words' order: arch/x86/include/asm/cpufeatures.h */
	word[X86_FEATURE_FPU / 32] = r.edx;
	word[X86_FEATURE_XMM3 / 32] = r.ecx;
	if (max >= 7) {
		r = cpuid_count(7, 0);
		word[X86_FEATURE_FSGSBASE / 32] = r.ebx;
		word[X86_FEATURE_GFNI / 32] = r.ecx;
		word[X86_FEATURE_FSRM / 32] = r.edx;
		if (r.eax >= 1)
			word[X86_FEATURE_AVX_VNNI / 32] = cpuid_count(7, 1).eax;
	}
	if (max >= 0xd)
		word[X86_FEATURE_XSAVEOPT / 32] = cpuid_count(0xd, 1).eax;
	if (max_ext >= 0x80000001) {
		r = cpuid_count(0x80000001, 0);
		word[X86_FEATURE_LM / 32] = r.edx;
		word[X86_FEATURE_LAHF_LM / 32] = r.ecx;
	}
	if (max_ext >= 0x80000008)
		word[X86_FEATURE_CLZERO / 32] = cpuid_count(0x80000008, 0).ebx;
}

static u32 __init xcr0(const u32 *word)
{
	u32 low, high;

	if (!(word[X86_FEATURE_OSXSAVE / 32] & BIT(X86_FEATURE_OSXSAVE % 32)))
		return 0;
	asm("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return low;
}

static void __init take_features(const u32 *word, const u16 *features, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (word[features[i] / 32] & BIT(features[i] % 32))
			set_cpu_cap(&boot_cpu_data, features[i]);
}

void __init um_cpu_init(void)
{
	u32 word[NCAPINTS] = { 0 }, state, power = 0;

	BUILD_BUG_ON(NCAPINTS > ARRAY_SIZE(boot_cpu_data.x86_capability));

	read_features(word);
	state = xcr0(word);
	take_features(word, features_plain, ARRAY_SIZE(features_plain));
	if (state)
		take_features(word, features_xsave, ARRAY_SIZE(features_xsave));
	if ((state & XCR0_AVX) == XCR0_AVX)
		take_features(word, features_avx, ARRAY_SIZE(features_avx));
	if ((state & XCR0_AVX512) == XCR0_AVX512)
		take_features(word, features_avx512, ARRAY_SIZE(features_avx512));

	/* what Linux calls features: arch/x86/kernel/cpu sets them, too */
	set_cpu_cap(&boot_cpu_data, X86_FEATURE_CPUID);
	set_cpu_cap(&boot_cpu_data, X86_FEATURE_NOPL);
	set_cpu_cap(&boot_cpu_data, X86_FEATURE_UP);
	if (boot_cpu_has(X86_FEATURE_ERMS))
		set_cpu_cap(&boot_cpu_data, X86_FEATURE_REP_GOOD);
	if (cpuid_count(0x80000000, 0).eax >= 0x80000007)
		power = cpuid_count(0x80000007, 0).edx;
	if (power & BIT(8)) {	/* invariant TSC */
		set_cpu_cap(&boot_cpu_data, X86_FEATURE_CONSTANT_TSC);
		set_cpu_cap(&boot_cpu_data, X86_FEATURE_NONSTOP_TSC);
	}

	/* only if the host's kernel allows it */
	if (boot_info->fsgsbase)
		elf_hwcap2 |= HWCAP2_FSGSBASE;
	else
		clear_cpu_cap(&boot_cpu_data, X86_FEATURE_FSGSBASE);

	if (boot_cpu_has(X86_FEATURE_CLFLUSH))
		boot_cpu_data.cache_alignment = (cpuid_count(1, 0).ebx >> 8 & 0xff) * 8;
}

/* /proc/cpuinfo */

static struct {
	unsigned int family, model, stepping, level, cache_kb, phys_bits, virt_bits;
	char name[49];
} cpu_id;

/* The last level's size.  Leaf 4 of most vendors and 0x8000001d of AMD have the same layout. */
static unsigned int cache_kb(u32 leaf)
{
	unsigned int level = 0, kb = 0, i;

	for (i = 0; i < 16; i++) {
		struct cpuid r = cpuid_count(leaf, i);
		unsigned int type = r.eax & 31, line = (r.ebx & 0xfff) + 1;
		unsigned int partitions = (r.ebx >> 12 & 0x3ff) + 1, ways = (r.ebx >> 22) + 1;

		if (!type)
			break;
		if (type == 2 || (r.eax >> 5 & 7) < level)	/* instructions */
			continue;
		level = r.eax >> 5 & 7;
		kb = (u64)ways * partitions * line * (r.ecx + 1) / SZ_1K;
	}
	return kb;
}

static void read_cpu_id(void)
{
	struct cpuid r = cpuid_count(0, 0);
	u32 max_ext = cpuid_count(0x80000000, 0).eax;
	unsigned int i;
	char *name;

	cpu_id.level = r.eax;
	if (cpu_id.level >= 4)
		cpu_id.cache_kb = cache_kb(4);
	if (!cpu_id.cache_kb && max_ext >= 0x8000001d)
		cpu_id.cache_kb = cache_kb(0x8000001d);

	r = cpuid_count(1, 0);
	cpu_id.stepping = r.eax & 0xf;
	cpu_id.model = (r.eax >> 4 & 0xf) | (r.eax >> 12 & 0xf0);
	cpu_id.family = r.eax >> 8 & 0xf;
	if (cpu_id.family == 0xf)
		cpu_id.family += r.eax >> 20 & 0xff;

	if (max_ext >= 0x80000004) {
		for (i = 0; i < 3; i++) {
			r = cpuid_count(0x80000002 + i, 0);
			memcpy(cpu_id.name + 16 * i, &r, 16);
		}
		name = strim(cpu_id.name);
		memmove(cpu_id.name, name, strlen(name) + 1);
	}
	cpu_id.phys_bits = 36;
	if (max_ext >= 0x80000008)
		cpu_id.phys_bits = cpuid_count(0x80000008, 0).eax & 0xff;
	cpu_id.virt_bits = 48;		/* four levels of page tables, whatever the CPU can do */
}

static int show_cpuinfo(struct seq_file *m, void *v)
{
	unsigned int i;

	if (!cpu_id.family)
		read_cpu_id();

	/*
	 * By this vendor systemd-detect-virt, virt-what and their like know
	 * that they are in User-Mode Linux.  A program that wants the processor's asks
	 * CPUID.
	 */
	seq_puts(m, "processor\t: 0\n"
		    "vendor_id\t: User Mode Linux\n");
	seq_printf(m, "cpu family\t: %u\nmodel\t\t: %u\nmodel name\t: %s\nstepping\t: %u\n",
		   cpu_id.family, cpu_id.model, cpu_id.name[0] ? cpu_id.name : "unknown",
		   cpu_id.stepping);
	seq_printf(m, "cpu MHz\t\t: %u.%03u\n", tsc_khz / 1000, tsc_khz % 1000);
	if (cpu_id.cache_kb)
		seq_printf(m, "cache size\t: %u KB\n", cpu_id.cache_kb);
	seq_puts(m, "physical id\t: 0\n"
		    "siblings\t: 1\n"
		    "core id\t\t: 0\n"
		    "cpu cores\t: 1\n"
		    "apicid\t\t: 0\n"
		    "initial apicid\t: 0\n"
		    "fpu\t\t: yes\n"
		    "fpu_exception\t: yes\n");
	seq_printf(m, "cpuid level\t: %u\nwp\t\t: yes\nflags\t\t:", cpu_id.level);
	for (i = 0; i < NCAPINTS * 32; i++)
		if (boot_cpu_has(i) && x86_cap_flags[i])
			seq_printf(m, " %s", x86_cap_flags[i]);
	/* twice the megahertz, as x86 computes it: its delay loop runs two cycles */
	seq_printf(m, "\nbugs\t\t:\nbogomips\t: %u.%02u\n", tsc_khz / 500, tsc_khz / 5 % 100);
	seq_printf(m, "clflush size\t: %u\ncache_alignment\t: %u\n",
		   boot_cpu_data.cache_alignment, boot_cpu_data.cache_alignment);
	seq_printf(m, "address sizes\t: %u bits physical, %u bits virtual\n"
		      "power management:\n\n", cpu_id.phys_bits, cpu_id.virt_bits);
	return 0;
}

static void *cpuinfo_start(struct seq_file *m, loff_t *pos)
{
	return *pos ? NULL : &cpu_id;
}

static void *cpuinfo_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return NULL;
}

static void cpuinfo_stop(struct seq_file *m, void *v)
{
}

const struct seq_operations cpuinfo_op = {
	.start = cpuinfo_start,
	.next = cpuinfo_next,
	.stop = cpuinfo_stop,
	.show = show_cpuinfo,
};
