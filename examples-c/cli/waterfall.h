/* Draws the stages of a transfer as a waterfall of text. */
#ifndef WATERFALL_H
#define WATERFALL_H

#include <stdio.h>

#include "ferry.h"

/* Writes the stages of `profile` to `out`, at most `width` columns wide. */
void waterfall(FILE *out, const ferry_profile *profile, int width);

#endif
