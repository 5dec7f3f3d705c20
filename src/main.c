/* main.c - where it begins: the command is looked up and run. */
#include "cli/cli.h"

int main(int argc, char **argv)
{
    return cli_run(argc, argv);
}
