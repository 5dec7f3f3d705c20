/* embed.h - a file of the repository as bytes of the program.
 *
 *     EMBED_FILE(catalog_shipped, "config/catalog.yaml")
 *     ... EMBEDDED(catalog_shipped) ...        a struct text; a NUL stands behind its last byte
 *
 * The names are global to the linker and hidden outside of the program, so that they are found
 * when it is optimised as a whole. The Makefile names the file as something the object needs. */
#ifndef BOURSE_BASE_EMBED_H
#define BOURSE_BASE_EMBED_H

#include "base/text.h"

#define EMBED_FILE(name, path)                                                                     \
    __asm__(".pushsection .rodata\n"                                                               \
            ".balign 16\n"                                                                         \
            ".globl " #name "_start, " #name "_end\n"                                              \
            ".hidden " #name "_start, " #name "_end\n" #name "_start:\n"                           \
            "    .incbin \"" path "\"\n" #name "_end:\n"                                           \
            "    .byte 0\n"                                                                        \
            ".popsection\n");                                                                      \
    extern const char name##_start[] __attribute__((visibility("hidden")));                        \
    extern const char name##_end[] __attribute__((visibility("hidden")));

#define EMBEDDED(name) ((struct text){ name##_start, (size_t)(name##_end - name##_start) })

#endif
