/* The command line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

static const char USAGE[] =
    "usage: ferry-miniprogram APP.js [OPTION]...\n"
    "Runs a mini-program's script with wx.uploadFile and wx.downloadFile.\n"
    "  --root DIR             where its files are kept; otherwise nothing is kept\n"
    "  --allow ORIGIN         an origin it may reach, as https://example.com; without any: all\n"
    "  --https-only           http URLs are refused\n"
    "  --resolve HOST:PORT:ADDRESS[:PORT]\n"
    "                         connect there for that host and port ([…] around an IPv6 address)\n"
    "  --ca FILE              CA certificates (PEM) instead of the system's\n"
    "  --image FILE           what wx.chooseImage finds, in the order given\n"
    "  --progress-interval MS least time between two progress events (100); 0: each change\n"
    "  --profile              draw progress and where the time went, to the error output\n"
    "  --log LEVEL            ferry's log, 1 (errors) to 4 (all), to the error output\n"
    "  --leak-check           abort when the engine leaks at the end\n"
    "Exit code: 0 the script ended and caught all errors, 1 it did not, 2 wrong usage or set-up.\n";

static const char **append(const char **list, size_t *count, const char *item) {
  const char **grown = realloc(list, (*count + 1) * sizeof *grown);
  if (grown == NULL) abort();
  grown[(*count)++] = item;
  return grown;
}

static bool number(const char *text, unsigned long most, unsigned long *out) {
  char *end;
  if (*text < '0' || *text > '9') return false;
  *out = strtoul(text, &end, 10);
  return *end == '\0' && *out <= most;
}

static bool port(const char *text, uint16_t *out) {
  unsigned long value;
  if (!number(text, 65535, &value) || value == 0) return false;
  *out = (uint16_t)value;
  return true;
}

/* Cuts `text`, HOST:PORT:ADDRESS[:PORT], into its parts where it is. */
static bool add_override(struct options *options, char *text) {
  ferry_dns_override entry = {0};
  char *first = strchr(text, ':');
  char *second = first != NULL ? strchr(first + 1, ':') : NULL;
  if (second == NULL) return false;
  *first = *second = '\0';
  char *address = second + 1;
  char *rest;
  if (*address == '[') {
    rest = strchr(++address, ']');
    if (rest == NULL) return false;
    *rest++ = '\0';
  } else {
    rest = address + strcspn(address, ":");
  }
  if (*rest == ':') {
    *rest = '\0';
    if (!port(rest + 1, &entry.connect_port)) return false;
  } else if (*rest != '\0') {
    return false;
  }
  if (*text == '\0' || *address == '\0' || !port(first + 1, &entry.port)) return false;
  entry.host = text;
  entry.addresses = address;
  ferry_dns_override *grown = realloc(options->overrides, (options->override_count + 1) * sizeof *grown);
  if (grown == NULL) abort();
  grown[options->override_count++] = entry;
  options->overrides = grown;
  return true;
}

static bool complain(const char *what, const char *about) {
  fprintf(stderr, "ferry-miniprogram: %s %s\n%s", what, about, USAGE);
  return false;
}

static bool take_value(struct options *options, const char *name, char *value) {
  unsigned long count;
  if (strcmp(name, "--root") == 0) {
    options->root = value;
  } else if (strcmp(name, "--allow") == 0) {
    options->allow = append(options->allow, &options->allow_count, value);
  } else if (strcmp(name, "--image") == 0) {
    options->images = append(options->images, &options->image_count, value);
  } else if (strcmp(name, "--ca") == 0) {
    options->ca_file = value;
  } else if (strcmp(name, "--resolve") == 0) {
    return add_override(options, value) || complain("this is not HOST:PORT:ADDRESS[:PORT]:", value);
  } else if (strcmp(name, "--progress-interval") == 0) {
    if (!number(value, 3600000, &count)) return complain("this is no number of milliseconds:", value);
    options->progress_interval_ms = count == 0 ? FERRY_PROGRESS_EVERY_CHANGE : (uint32_t)count;
  } else if (strcmp(name, "--log") == 0) {
    if (!number(value, FERRY_LOG_DEBUG, &count)) return complain("this is no log level:", value);
    options->log_level = (uint32_t)count;
  } else {
    return complain("unknown option", name);
  }
  return true;
}

bool options_read(struct options *options, int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    char *word = argv[i];
    if (strcmp(word, "--help") == 0) {
      fputs(USAGE, stdout);
      exit(0);
    } else if (strcmp(word, "--https-only") == 0) {
      options->https_only = true;
    } else if (strcmp(word, "--profile") == 0) {
      options->profile = true;
    } else if (strcmp(word, "--leak-check") == 0) {
      options->leak_check = true;
    } else if (strncmp(word, "--", 2) == 0) {
      if (i + 1 == argc) return complain("no value for", word);
      if (!take_value(options, word, argv[++i])) return false;
    } else if (options->app == NULL) {
      options->app = word;
    } else {
      return complain("one app is enough:", word);
    }
  }
  return options->app != NULL || complain("which app?", "");
}

void options_free(struct options *options) {
  free(options->allow);
  free(options->images);
  free(options->overrides);
}
