/* What the command line asks for. */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include <stddef.h>
#include <stdint.h>

#include "ferry.h"

struct arguments {
  int up; /* otherwise down */
  int json, profile, quiet, verbose, http2;
  int64_t timeout_ms; /* 0: none but the idle one */
  const char *ca_file;
  const char *url;        /* up: where to */
  const char *field_name; /* up: form name of the file */
  const char **names;     /* up: files; down: URLs */
  char **outputs;         /* down: where each is stored */
  size_t count;
  ferry_header *headers;
  size_t header_count;
  ferry_form_field *form;
  size_t form_count;
};

/* 0: the arguments are wrong and it has been said, or help was asked for. */
int parse_arguments(struct arguments *arguments, int argc, char **argv);
void free_arguments(struct arguments *arguments);

#endif
