/* cli.h - `bourse COMMAND [options]`: the commands are a table. */
#ifndef BOURSE_CLI_CLI_H
#define BOURSE_CLI_CLI_H

/* Returns an exit code of sysexits.h. */
int cli_run(int argc, char **argv);

#endif
