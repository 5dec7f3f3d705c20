/* descriptors.h - how many files and sockets the process may have open. */
#ifndef BOURSE_BASE_DESCRIPTORS_H
#define BOURSE_BASE_DESCRIPTORS_H

/* As many as it may allow itself: the usual 1,024 are for programs that wait with select(2). */
void descriptors_raise_limit(void);

#endif
