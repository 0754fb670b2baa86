#pragma once
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <tiffio.h>

// libtiff's functions for fields and errors take any number of arguments, which Swift cannot say.

/// What went wrong first, or empty.
typedef struct {
  char message[200];
} mirage_tiff_report;

/// One page.
typedef struct {
  uint32_t width;
  uint32_t height;
  uint16_t bits;
  uint16_t samples;
  /// 1 unsigned, 2 signed, 3 floating.
  uint16_t format;
  /// 1 samples of a pixel together, 2 each sample a plane.
  uint16_t planes;
  uint16_t photometric;
  uint16_t compression;
  /// 0 where the page is stored in strips.
  uint32_t tile_width;
  uint32_t tile_height;
  /// Bytes of a row of one plane, or of a tile.
  int64_t row_bytes;
  int64_t tile_bytes;
} mirage_tiff_page;

static inline int mirage_tiff_note(
    TIFF *tiff, void *user, const char *module, const char *format, va_list arguments) {
  (void)tiff;
  (void)module;
  mirage_tiff_report *report = user;
  if (report && !report->message[0])
    vsnprintf(report->message, sizeof report->message, format, arguments);
  return 1;
}

static inline int mirage_tiff_ignore(
    TIFF *tiff, void *user, const char *module, const char *format, va_list arguments) {
  (void)tiff;
  (void)user;
  (void)module;
  (void)format;
  (void)arguments;
  return 1;
}

/// Opens a file; nothing larger than `limit` is allocated at once. `report` outlives the handle.
static inline TIFF *mirage_tiff_open(
    const char *path, mirage_tiff_report *report, int64_t limit) {
  TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
  if (!options) return NULL;
  TIFFOpenOptionsSetErrorHandlerExtR(options, mirage_tiff_note, report);
  TIFFOpenOptionsSetWarningHandlerExtR(options, mirage_tiff_ignore, NULL);
  TIFFOpenOptionsSetMaxSingleMemAlloc(options, limit);
  TIFF *tiff = TIFFOpenExt(path, "rm", options);
  TIFFOpenOptionsFree(options);
  return tiff;
}

static inline void mirage_tiff_describe(TIFF *tiff, mirage_tiff_page *page) {
  page->width = page->height = 0;
  page->photometric = 0xffff;
  page->tile_width = page->tile_height = 0;
  page->row_bytes = page->tile_bytes = 0;
  TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &page->width);
  TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &page->height);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &page->bits);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &page->samples);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &page->format);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &page->planes);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &page->compression);
  TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &page->photometric);
  if (TIFFIsTiled(tiff)) {
    TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &page->tile_width);
    TIFFGetField(tiff, TIFFTAG_TILELENGTH, &page->tile_height);
    page->tile_bytes = TIFFTileSize(tiff);
  } else {
    page->row_bytes = TIFFScanlineSize(tiff);
  }
}
