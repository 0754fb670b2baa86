#pragma once
#include <errno.h>
#include <gpiod.h>
#include <stdlib.h>

// libgpiod 1 (Debian 12, Ubuntu 24.04) and libgpiod 2 (Debian 13) do the same with other functions;
// only the first has a limit of lines as a macro.

#define MIRAGE_GPIO_LIMIT 64

/// Lines of a chip that this program alone sets.
typedef struct {
  struct gpiod_chip *chip;
  unsigned int count;
#ifdef GPIOD_LINE_BULK_MAX_LINES
  struct gpiod_line_bulk bulk;
#else
  struct gpiod_line_request *request;
#endif
} mirage_gpio_lines;

/// Gives the lines back; what level they keep is for the driver of the chip to say.
static inline void mirage_gpio_close(mirage_gpio_lines *lines) {
#ifdef GPIOD_LINE_BULK_MAX_LINES
  if (lines->count) gpiod_line_release_bulk(&lines->bulk);
#else
  if (lines->request) gpiod_line_request_release(lines->request);
#endif
  gpiod_chip_close(lines->chip);
  free(lines);
}

/// Takes lines as outputs that are off; NULL, with the reason in `errno`, where that cannot be.
static inline mirage_gpio_lines *mirage_gpio_open(
    const char *path, const unsigned int *offsets, unsigned int count, int is_active_low) {
  if (count == 0 || count > MIRAGE_GPIO_LIMIT) {
    errno = EINVAL;
    return NULL;
  }
  mirage_gpio_lines *lines = calloc(1, sizeof *lines);
  if (!lines) return NULL;
  lines->chip = gpiod_chip_open(path);
  if (!lines->chip) {
    free(lines);
    return NULL;
  }
  int status;
#ifdef GPIOD_LINE_BULK_MAX_LINES
  static const int off[MIRAGE_GPIO_LIMIT];
  struct gpiod_line_request_config wish = {
      "mirage valves", GPIOD_LINE_REQUEST_DIRECTION_OUTPUT,
      is_active_low ? GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW : 0};
  struct gpiod_line_bulk bulk = GPIOD_LINE_BULK_INITIALIZER;
  // It takes numbers by a pointer that it does not write through.
  status = gpiod_chip_get_lines(lines->chip, (unsigned int *)offsets, count, &bulk);
  if (status == 0) status = gpiod_line_request_bulk(&bulk, &wish, off);
  if (status == 0) lines->bulk = bulk;
#else
  struct gpiod_line_settings *settings = gpiod_line_settings_new();
  struct gpiod_line_config *wish = gpiod_line_config_new();
  struct gpiod_request_config *name = gpiod_request_config_new();
  status = settings && wish && name ? 0 : -1;
  if (status == 0) {
    gpiod_request_config_set_consumer(name, "mirage valves");
    gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_OUTPUT);
    gpiod_line_settings_set_active_low(settings, is_active_low != 0);
    gpiod_line_settings_set_output_value(settings, GPIOD_LINE_VALUE_INACTIVE);
    status = gpiod_line_config_add_line_settings(wish, offsets, count, settings);
  }
  if (status == 0) {
    lines->request = gpiod_chip_request_lines(lines->chip, name, wish);
    if (!lines->request) status = -1;
  }
  int reason = errno;
  if (settings) gpiod_line_settings_free(settings);
  if (wish) gpiod_line_config_free(wish);
  if (name) gpiod_request_config_free(name);
  errno = reason;
#endif
  if (status != 0) {
    int kept = errno;
    mirage_gpio_close(lines);
    errno = kept;
    return NULL;
  }
  lines->count = count;
  return lines;
}

/// Sets all lines at once, each on where its value is 1; -1, with the reason in `errno`, if it fails.
static inline int mirage_gpio_set(mirage_gpio_lines *lines, const int *values) {
#ifdef GPIOD_LINE_BULK_MAX_LINES
  return gpiod_line_set_value_bulk(&lines->bulk, values);
#else
  enum gpiod_line_value levels[MIRAGE_GPIO_LIMIT];
  for (unsigned int line = 0; line < lines->count; line++)
    levels[line] = values[line] ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE;
  return gpiod_line_request_set_values(lines->request, levels);
#endif
}
