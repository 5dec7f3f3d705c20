/* commands.h - the commands behind `bourse COMMAND`. Each gets its own arguments, its name first.
 */
#ifndef BOURSE_CLI_COMMANDS_H
#define BOURSE_CLI_COMMANDS_H

int command_serve(int argc, char **argv);
int command_check(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_train(int argc, char **argv);
int command_eval(int argc, char **argv);
int command_mock(int argc, char **argv);
int command_reference(int argc, char **argv);
int command_keys(int argc, char **argv);

#endif
