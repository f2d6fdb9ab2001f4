# SPDX-License-Identifier: GPL-2.0
# The work is done by scripts/ and rootfs/; this only says what needs what. `make help` lists the goals.

SHELL := /bin/bash
MAKEFLAGS += --no-print-directory
TESTS ?= tests/*.t

# Goals that the kernel's own Makefile knows, run on build/src and build/kernel.
kernel_goals := menuconfig nconfig oldconfig olddefconfig defconfig savedefconfig listnewconfig

purposes := boot check bench debian fuzz kselftest kunit ltp pku postgres price

# What runs without this repository: the kernel, solo, the program to attach to guests, and their manual pages.
PREFIX ?= /usr/local
DESTDIR ?=
bindir := $(DESTDIR)$(PREFIX)/bin
sharedir := $(DESTDIR)$(PREFIX)/share
mandir := $(sharedir)/man/man1
installed = $(bindir)/linux $(bindir)/solo $(bindir)/uml-attach $(mandir)/linux.1 $(mandir)/solo.1 $(mandir)/uml-attach.1 \
	$(sharedir)/bash-completion/completions/solo $(sharedir)/zsh/vendor-completions/_solo \
	$(sharedir)/fish/vendor_completions.d/solo.fish $(sharedir)/uml-solo/tiny.ext4

.PHONY: attach solo boot check deb install uninstall bench bench-real debian experiments fuzz kselftest kunit ltp pku postgres price linux tiny help clean distclean \
	$(purposes:%=setup-%) $(kernel_goals)
.DELETE_ON_ERROR:

help:
	@echo 'make boot          build what is missing, and boot to a shell (ARGS="mem=1G ..." adds options)'
	@echo 'make check         build and run the tests (TESTS="tests/10-boot.t ..." runs only some)'
	@echo 'make bench         measure the host, this kernel and other ways to run one, side by side'
	@echo 'make bench-real    time real work in Debian: compilers, configure, git, python, node, tar, shells'
	@echo 'make experiments   try in guests what isolates containers from each other, and print a table'
	@echo 'make price         what namespaces cost: this kernel next to one without them, which it builds first'
	@echo 'make debian        build build/debian.ext4: Debian 12 with systemd, compilers and more'
	@echo 'make postgres      PostgreSQL own regression tests in a copy of that; takes minutes and the network'
	@echo 'make pku           attack guests on emulated hosts with protection keys (KERNELS="6.12" takes only that host)'
	@echo 'make fuzz          attack guests at random, for FUZZ="SECONDS SEED KIND..." (60 s each)'
	@echo 'make kunit         build a kernel with the tests that kernel code has in itself, and run them'
	@echo 'make kselftest     run the kernel own selftests in guests (KSELFTESTS="futex seccomp" runs only some)'
	@echo 'make ltp LTP=FOLDER  run tests of the Linux Test Project, a checkout or an installation (LTP_TESTS="mm syscalls:brk01" runs only some)'
	@echo 'make linux         only build build/linux'
	@echo 'make attach        only build build/attach, which scripts/attach runs (make linux does it too)'
	@echo 'make solo          only build build/solo, which runs commands in guests (make linux does it too)'
	@echo 'make tiny          only build build/tiny.ext4, the disk that make boot uses'
	@echo 'make menuconfig    change the configuration; also nconfig, oldconfig, olddefconfig, listnewconfig'
	@echo 'make defconfig     go back to arch-um/configs/x86_64_defconfig; savedefconfig writes it'
	@echo 'make install       linux, solo, the program to attach to guests and manual pages into PREFIX (DESTDIR= before it)'
	@echo 'make uninstall     remove them there'
	@echo 'make deb           a Debian package of them, in build/'
	@echo 'make clean         remove what was built; make distclean removes all of build/'

boot: setup-boot linux tiny
	@scripts/boot $(ARGS)

# Tests have a disk of their own: the other one is for people who work with make boot. Only where Debian's archive is
# out of reach is there no Debian image: its tests are skipped then, and say so. Tests name the disks that they use;
# build/check.ext4 is for all.
test_disks = $(sort build/check.ext4 $(filter build/%.ext4,$(shell grep -ohE '(build|\$$build)/[a-z]+\.ext4|\$$TESTS' \
	$(TESTS) | sed 's,^$$build,build,; s,^$$TESTS,build/tests.ext4,')))
check: setup-check linux
	@$(MAKE) $(filter-out build/debian.ext4,$(test_disks))
	$(if $(filter build/debian.ext4,$(test_disks)),@if [ -e build/debian.tar ] || rootfs/mkdebian reach; then \
		$(MAKE) debian; \
		else echo "make check: Debian's archive is out of reach: the tests of the Debian image are skipped" >&2; fi)
	@prove --timer $(TESTS)

experiments: setup-check linux build/check.ext4
	@scripts/experiments $(EXPERIMENTS)

price: setup-price linux build/check.ext4
	@scripts/price

postgres: setup-postgres debian
	@scripts/postgres

pku: setup-pku linux
	@scripts/pku $(KERNELS)

fuzz: setup-fuzz linux build/check.ext4
	@scripts/fuzz $(FUZZ)

kunit: setup-kunit
	@scripts/kunit $(KUNIT_ARGS)

kselftest: setup-kselftest linux build/check.ext4
	@scripts/kselftest --host $(KSELFTESTS)

ltp: setup-ltp debian
	$(if $(LTP),,@echo 'make ltp LTP=FOLDER: FOLDER is a checkout of the Linux Test Project, or where it is installed' >&2; exit 1)
	@scripts/ltp '$(LTP)' $(LTP_TESTS)

bench: setup-bench linux tiny
	@scripts/bench

$(purposes:%=setup-%): setup-%:
	@scripts/setup $* $(if $(filter check,$*),$(TESTS))

bench-real: setup-bench debian
	@scripts/bench-real

linux: attach solo | setup-boot
	@scripts/build-kernel

# Without building anything, so that root can do it after an ordinary user has built.
install:
	@for file in build/linux build/attach build/solo; do [ -e $$file ] || { echo "there is no $$file: 'make linux' builds it" >&2; exit 1; }; done
	install -D -m 755 build/linux $(bindir)/linux
	install -D -m 755 build/solo $(bindir)/solo
	install -D -m 755 build/attach $(bindir)/uml-attach
	install -D -m 644 man/linux.1 $(mandir)/linux.1
	install -D -m 644 man/solo.1 $(mandir)/solo.1
	install -D -m 644 man/uml-attach.1 $(mandir)/uml-attach.1
	install -D -m 644 scripts/solo/completion/solo.bash $(sharedir)/bash-completion/completions/solo
	install -D -m 644 scripts/solo/completion/_solo $(sharedir)/zsh/vendor-completions/_solo
	install -D -m 644 scripts/solo/completion/solo.fish $(sharedir)/fish/vendor_completions.d/solo.fish
	$(if $(wildcard build/tiny.ext4),install -d $(sharedir)/uml-solo && \
		cp --sparse=always build/tiny.ext4 $(sharedir)/uml-solo/tiny.ext4 && chmod 644 $(sharedir)/uml-solo/tiny.ext4)

uninstall:
	rm -f $(installed)
	[ ! -d $(sharedir)/uml-solo ] || rmdir $(sharedir)/uml-solo

deb: linux
	@scripts/deb

attach: | setup-boot
	@scripts/attach --build

solo: | setup-boot
	@scripts/solo/build

tiny: build/tiny.ext4

# In a tree that was copied files only look new: scripts/unchanged tells.
build/tiny.ext4 build/check.ext4: rootfs/mktiny rootfs/image.sh rootfs/init.c $(wildcard rootfs/experiments/*) | setup-boot
	@scripts/unchanged $@ $^ || { rootfs/mktiny $@ && scripts/unchanged --note $@ $^; }

debian: build/debian.ext4

build/debian.tar: rootfs/debian.packages | setup-debian
	@scripts/unchanged $@ $^ || { rootfs/mkdebian packages $@ && scripts/unchanged --note $@ $^; }

# With the kernel's modules, which a change of its configuration may make unfit.
build/debian.ext4: build/debian.tar rootfs/mkdebian rootfs/image.sh $(wildcard build/kernel/.config) \
		$(shell find rootfs/debian -type f) | setup-debian linux
	@scripts/unchanged $@ $^ || { rm -rf build/modules && \
		scripts/build-kernel --make -s modules && \
		scripts/build-kernel --make -s INSTALL_MOD_PATH=$(abspath build/modules) INSTALL_MOD_STRIP=1 modules_install && \
		rootfs/mkdebian image $< $@ build/modules && scripts/unchanged --note $@ $^; }

build/tests.ext4: rootfs/mktests rootfs/image.sh $(shell find tests/guest -type f) | setup-boot
	@scripts/unchanged $@ $^ || { rootfs/mktests $@ && scripts/unchanged --note $@ $^; }

build/block.ext4: rootfs/mkblock rootfs/image.sh tests/block/disk.c tests/bench/fio-rows | setup-check
	@scripts/unchanged $@ $^ || { rootfs/mkblock $@ && scripts/unchanged --note $@ $^; }

build/net.ext4: rootfs/mknet rootfs/mktiny rootfs/image.sh rootfs/init.c | setup-check
	@scripts/unchanged $@ $^ || { rootfs/mknet $@ && scripts/unchanged --note $@ $^; }

$(kernel_goals): | setup-boot
	@scripts/build-kernel --make $@

clean:
	rm -rf build/kernel build/kernel.stamp build/linux build/attach build/solo build/*.ext4 build/*.from build/*.deb build/host build/modules build/price build/kunit

distclean:
	rm -rf build
