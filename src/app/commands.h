/* commands.h: the commands of the program, one function each. argv[0] is the command's name. They return the exit code: 0 done,
 * 1 some items refused (and listed), 2 usage, 3 cannot run. */
#pragma once

enum exit_code { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_CANNOT = 3 };

int cmd_serve(int argc, char **argv);
int cmd_press(int argc, char **argv);
int cmd_printer(int argc, char **argv);
int cmd_batch(int argc, char **argv);
int cmd_printed(int argc, char **argv);
int cmd_account(int argc, char **argv);
int cmd_connection(int argc, char **argv);
int cmd_contacts(int argc, char **argv);
#define CONTACTS_SEND_FORM                                                                                                     \
    "pennypost contacts send ENDPOINT FILE.json --account ID, or pennypost contacts send ENDPOINT CONNECTION CONTACT "         \
    "--account ID "                                                                                                            \
    "(FILE.json holds the contact as Kizen has it; CONNECTION is the number of a connection to Kizen, CONTACT the contact's "  \
    "id there)"
struct options;
int cmd_contacts_send(const struct options *o); /* contacts send */
int cmd_scans(int argc, char **argv);
int cmd_why(int argc, char **argv);
int cmd_demo(int argc, char **argv);
int cmd_tour(int argc, char **argv);
int cmd_imb(int argc, char **argv);
int cmd_address(int argc, char **argv);
int cmd_limits(int argc, char **argv);
int cmd_settings(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_migrate(int argc, char **argv);
int cmd_version(int argc, char **argv);
