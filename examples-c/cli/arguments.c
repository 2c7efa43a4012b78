#define _POSIX_C_SOURCE 200809L
#include "arguments.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char USAGE[] =
    "usage: ferry up FILE... URL [-n NAME] [-F NAME=VALUE]... [options]\n"
    "       ferry down URL... [-o PATH]... [options]\n"
    "\n"
    "  -n NAME        form name of the file (default: file)\n"
    "  -F NAME=VALUE  a form field\n"
    "  -o PATH        where to store; the first -o is the first URL's (default: the last name of the URL)\n"
    "  -H 'NAME: VALUE'  a request header\n"
    "  -t MS          give up after so many milliseconds\n"
    "  --ca FILE      PEM certificates to trust instead of the system's\n"
    "  --http2        negotiate HTTP/2\n"
    "  --profile      draw where the time of each transfer went\n"
    "  --json         one line of JSON for each transfer\n"
    "  -q, -v         no progress bars; a log\n"
    "\n"
    "exit: 0 all done, 1 a transfer failed, 2 usage, 3 a server answered 400 or more, 130 interrupted\n";

/* Splits at the first `mark`, in place. NULL where there is none. */
static char *split(char *text, char mark) {
  char *at = strchr(text, mark);
  if (!at) return NULL;
  *at++ = '\0';
  while (mark == ':' && *at == ' ') at++;
  return at;
}

/* The last name of a URL's path, which cannot be a path itself. */
static char *last_name(const char *url) {
  const char *start = strstr(url, "://");
  start = start ? start + 3 : url;
  size_t end = strcspn(start, "?#");
  size_t from = end;
  while (from > 0 && start[from - 1] != '/') from--;
  size_t length = end - from;
  int whole = from > 0 && length > 0 && strncmp(start + from, "..", length) != 0;
  return whole ? strndup(start + from, length) : strdup("download");
}

static void *array(int count, size_t size) {
  void *memory = calloc((size_t)count + 1, size);
  if (!memory) abort();
  return memory;
}

int parse_arguments(struct arguments *a, int argc, char **argv) {
  memset(a, 0, sizeof *a);
  a->field_name = "file";
  a->names = array(argc, sizeof *a->names);
  a->outputs = array(argc, sizeof *a->outputs);
  a->headers = array(argc, sizeof *a->headers);
  a->form = array(argc, sizeof *a->form);
  size_t outputs = 0;
  const char *wrong = NULL;
  if (argc < 2 || (strcmp(argv[1], "up") != 0 && strcmp(argv[1], "down") != 0)) {
    fputs(USAGE, stderr);
    free_arguments(a);
    return 0;
  }
  a->up = strcmp(argv[1], "up") == 0;
  for (int i = 2; i < argc && !wrong; i++) {
    char *word = argv[i];
    if (strcmp(word, "--json") == 0) a->json = 1;
    else if (strcmp(word, "--profile") == 0) a->profile = 1;
    else if (strcmp(word, "--http2") == 0) a->http2 = 1;
    else if (strcmp(word, "-q") == 0) a->quiet = 1;
    else if (strcmp(word, "-v") == 0) a->verbose = 1;
    else if (word[0] != '-') a->names[a->count++] = word;
    else if (i + 1 == argc) wrong = word;
    else {
      char *value = argv[++i];
      char *second = NULL;
      if (strcmp(word, "-n") == 0) a->field_name = value;
      else if (strcmp(word, "-o") == 0) a->outputs[outputs++] = strdup(value);
      else if (strcmp(word, "--ca") == 0) a->ca_file = value;
      else if (strcmp(word, "-t") == 0) a->timeout_ms = strtoll(value, &second, 10), wrong = *second ? word : NULL;
      else if (strcmp(word, "-F") == 0 && (second = split(value, '=')))
        a->form[a->form_count].name = value, a->form[a->form_count++].value = second;
      else if (strcmp(word, "-H") == 0 && (second = split(value, ':')))
        a->headers[a->header_count].name = value, a->headers[a->header_count++].value = second;
      else wrong = word;
    }
  }
  if (a->up && a->count > 0) a->url = a->names[--a->count];
  if (!wrong && a->count == 0) wrong = a->up ? "a file and a URL are needed" : "a URL is needed";
  if (!wrong && (a->up ? outputs > 0 : outputs > a->count)) wrong = "-o";
  if (wrong) {
    fprintf(stderr, "ferry: %s\n\n%s", wrong, USAGE);
    free_arguments(a);
    return 0;
  }
  for (size_t i = outputs; !a->up && i < a->count; i++) a->outputs[i] = last_name(a->names[i]);
  return 1;
}

void free_arguments(struct arguments *a) {
  for (size_t i = 0; a->outputs && a->outputs[i]; i++) free(a->outputs[i]);
  free(a->outputs);
  free(a->names);
  free(a->headers);
  free(a->form);
  memset(a, 0, sizeof *a);
}
