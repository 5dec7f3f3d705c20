# bourse - `make help` lists what can be asked of this file.

VERSION := 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=
SYSCONFDIR ?= $(if $(filter /usr /usr/local,$(PREFIX)),/etc,$(PREFIX)/etc)
UNITDIR ?= $(PREFIX)/lib/systemd/system

# The variant names the folder below build/ and the flags: release, asan (with UBSan) or tsan.
VARIANT ?= release
BUILD := build/$(VARIANT)

CC ?= gcc
PACKAGES := libmicrohttpd libcurl jansson yaml-0.1 libpcre2-8 libcrypto zlib
WARNINGS := -Wall -Wextra -Werror -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes \
            -Wmissing-prototypes -Wpointer-arith -Wvla -Wformat=2 -Wno-format-nonliteral -Wno-missing-field-initializers
FLAGS_release := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
FLAGS_asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
FLAGS_tsan := -O1 -g -fsanitize=thread
FLAGS_fuzz := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
LINK_release := -pie -Wl,-z,relro,-z,now
LINK_asan := -fsanitize=address,undefined
LINK_tsan := -fsanitize=thread
LINK_fuzz := -fsanitize=fuzzer,address,undefined

# The daemon is optimised as a whole; tests are linked from what was compiled file by file.
# `make WHOLE_release=` links faster.
WHOLE_release := -O2 -flto=auto -ffat-lto-objects

# Asked for when a recipe needs them: `make deps` must work before the libraries are there.
LIB_CFLAGS = $(shell pkg-config --cflags $(PACKAGES))
LIB_LIBS = $(shell pkg-config --libs $(PACKAGES))
CPPFLAGS += -D_GNU_SOURCE -DBOURSE_VERSION='"$(VERSION)"' -Iinclude -I.
ALL_CFLAGS = -std=gnu11 $(WARNINGS) $(FLAGS_$(VARIANT)) -pthread $(CFLAGS)
ALL_LDFLAGS = $(LINK_$(VARIANT)) -pthread $(LDFLAGS)

SOURCES := $(sort $(wildcard src/*/*.c))
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o)
MAIN := $(BUILD)/src/main.o
LIBRARY := $(BUILD)/libbourse.a
BOURSE := $(BUILD)/bourse

UNIT_SOURCES := $(sort $(wildcard tests/unit/*/test_*.c))
UNIT_TESTS := $(UNIT_SOURCES:%.c=$(BUILD)/%)
BENCHES := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bench/*.c))

.PHONY: all help deps run check unit lint fuzz chaos bench format reference predictor \
        install uninstall clean

all: $(BOURSE) ## build bourse (VARIANT=release, asan or tsan)

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## install the Debian packages that building and running need
	@tests/tools/deps build

run: deps ## install what is missing, build, and serve on 127.0.0.1:8080
	@$(MAKE) --no-print-directory all
	$(BOURSE) serve

# Not from the archive: two functions of one name would go unnoticed there.
$(BOURSE): $(MAIN) $(OBJECTS)
	@echo "  LINK $@"
	@$(CC) $(WHOLE_$(VARIANT)) $(ALL_LDFLAGS) -o $@ $^ $(LIB_LIBS) -lm

$(LIBRARY): $(OBJECTS)
	@rm -f $@
	@ar rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC   $<"
	@$(CC) $(CPPFLAGS) $(LIB_CFLAGS) $(ALL_CFLAGS) $(filter -f%,$(WHOLE_$(VARIANT))) -MMD -MP -c -o $@ $<

$(BUILD)/src/catalog/shipped.o: config/catalog.yaml
$(BUILD)/src/predict/builtin.o: config/predictor/builtin.predictor

# Nothing but long loops over numbers, which are worth the compiler's best; the sums keep their order.
$(BUILD)/src/train/ridge.o: CFLAGS += $(if $(filter release,$(VARIANT)),-O3)

# A unit test may include its room's private headers.
$(BUILD)/tests/unit/%: tests/unit/%.c $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Isrc $(LIB_CFLAGS) $(ALL_CFLAGS) -fno-lto -MMD -MP -MF $@.d -o $@ $< $(LIBRARY) \
	    $(ALL_LDFLAGS) -lcmocka $(LIB_LIBS) -lm

# Fuzz targets are built with clang, by tests/fuzz/run. One compares our scan of JSON with yajl's.
$(BUILD)/tests/fuzz/%: tests/fuzz/%.c $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Isrc $(LIB_CFLAGS) $(ALL_CFLAGS) -fno-lto -MMD -MP -MF $@.d -o $@ $< $(LIBRARY) \
	    $(ALL_LDFLAGS) $(LIB_LIBS) -lyajl -lm

$(BUILD)/tests/bench/%: tests/bench/%.c $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Isrc $(LIB_CFLAGS) $(ALL_CFLAGS) -fno-lto -MMD -MP -MF $@.d -o $@ $< $(LIBRARY) \
	    $(ALL_LDFLAGS) $(LIB_LIBS) -lm

-include $(OBJECTS:.o=.d) $(MAIN:.o=.d) $(UNIT_TESTS:=.d)

check: ## install what the tests need and pass them all, sanitizers and lints included
	@tests/tools/deps test
	@tests/tools/check

unit: $(UNIT_TESTS) ## unit and golden tests (ROOM=route for one room)
	@tests/tools/unit $(BUILD) $(ROOM)

.PHONY: unit-tests
unit-tests: $(UNIT_TESTS)

lint: ## floors, formatting, forbidden functions, file sizes
	@tests/lint/all

format: ## format the sources in place
	@git ls-files '*.c' '*.h' | xargs clang-format -i

fuzz: ## a minute of fuzzing for each parser of outside bytes (SECONDS=60)
	@tests/fuzz/run

reference: all ## print the generated pages of docs/ anew
	@$(BOURSE) reference manual >docs/CONFIG.md
	@$(BOURSE) reference failures >docs/FAILURES.md
	@$(BOURSE) reference metrics >docs/METRICS.md
	@$(BOURSE) reference dialects >docs/DIALECTS.md
	@$(BOURSE) reference schema >config/bourse.schema.json
	@$(BOURSE) reference faults >$(BUILD)/faults
	@sed -i -e '/^\.\\" faults$$/,/^\.\\" end$$/{//!d}' -e '/^\.\\" faults$$/r $(BUILD)/faults' docs/man/bourse.1

# The same examples give the same bytes; the next `make` links them in.
predictor: all ## train the builtin predictor anew from config/predictor/examples.jsonl
	@$(BOURSE) train config/predictor/examples.jsonl -o config/predictor/builtin.predictor

chaos: ## minutes of trouble, and what a caller notices of it (prints a table)
	@tests/tools/deps test
	@tests/tools/deps bench
	@$(MAKE) --no-print-directory all
	@tests/chaos/run

bench: ## ratios against nginx, from one run
	@tests/tools/deps bench
	@$(MAKE) --no-print-directory all $(BENCHES)
	@tests/bench/run $(BOURSE)

.PHONY: bench-compare
bench-compare: ## the same load through other gateways, of which those are taken that are here
	@tests/tools/deps bench
	@$(MAKE) --no-print-directory all
	@tests/bench/compare $(BOURSE)

DOCDIR = $(DESTDIR)$(PREFIX)/share/doc/bourse
MANDIR = $(DESTDIR)$(PREFIX)/share/man
CONFIG = $(DESTDIR)$(SYSCONFDIR)/bourse/bourse.yaml

install: $(BOURSE) ## install below DESTDIR and PREFIX; an existing configuration is left alone
	install -D -m 755 $(BOURSE) $(DESTDIR)$(PREFIX)/bin/bourse
	install -d $(DESTDIR)$(UNITDIR)
	sed -e 's|/usr/bin/bourse|$(PREFIX)/bin/bourse|' -e 's|/etc/bourse|$(SYSCONFDIR)/bourse|' \
	    config/systemd/bourse.service >$(DESTDIR)$(UNITDIR)/bourse.service
	install -m 644 config/systemd/bourse.socket $(DESTDIR)$(UNITDIR)/bourse.socket
	chmod 644 $(DESTDIR)$(UNITDIR)/bourse.service
	install -D -m 644 docs/man/bourse.1 $(MANDIR)/man1/bourse.1
	install -D -m 644 docs/man/bourse.yaml.5 $(MANDIR)/man5/bourse.yaml.5
	test -e $(CONFIG) || install -D -m 644 config/bourse.yaml $(CONFIG)
	install -d $(DOCDIR)/examples
	install -m 644 README.md LICENSE $(wildcard docs/*.md) $(DOCDIR)
	install -m 644 config/*.yaml $(wildcard config/examples/*) $(DOCDIR)/examples

uninstall: ## remove what install put there, but not the configuration
	rm -f $(DESTDIR)$(PREFIX)/bin/bourse $(MANDIR)/man1/bourse.1 $(MANDIR)/man5/bourse.yaml.5 \
	    $(DESTDIR)$(UNITDIR)/bourse.service $(DESTDIR)$(UNITDIR)/bourse.socket
	rm -rf $(DOCDIR)

clean: ## remove what was built
	rm -rf build
