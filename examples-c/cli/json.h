/* A result as one line of JSON. */
#ifndef JSON_H
#define JSON_H

#include <stdio.h>

#include "ferry.h"

void json_result(FILE *out, const char *label, const ferry_result *result);

#endif
