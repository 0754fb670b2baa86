#pragma once
#include <sqlite3.h>
#include <stddef.h>

// The library's word for "copy this" is a cast of -1 to a function, and its settings take any number
// of arguments: Swift can say neither.

/// Hands a text over for a copy.
static inline int mirage_sqlite_bind_text(
    sqlite3_stmt *statement, int place, const char *text, int count) {
  return sqlite3_bind_text(statement, place, text, count, SQLITE_TRANSIENT);
}

/// Hands bytes over for a copy.
static inline int mirage_sqlite_bind_bytes(
    sqlite3_stmt *statement, int place, const void *bytes, int count) {
  // No bytes are bytes too, and not nothing.
  if (count == 0) return sqlite3_bind_zeroblob(statement, place, 0);
  return sqlite3_bind_blob(statement, place, bytes, count, SQLITE_TRANSIENT);
}

/// A file from outside may hold views and triggers: they are not trusted, nor may it be bent.
static inline void mirage_sqlite_distrust(sqlite3 *connection) {
  sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
}

/// Whether closing may move what the log holds into the file.
static inline void mirage_sqlite_keep_log(sqlite3 *connection, int keeps) {
  sqlite3_db_config(connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keeps, NULL);
}

/// Ends statements that have taken longer than they may; `deadline` counts steps of the library.
static int mirage_sqlite_is_over(void *steps) { return --*(long *)steps < 0; }

/// From now on statements end after so many thousand steps of the library; NULL lets them go on.
static inline void mirage_sqlite_limit_steps(sqlite3 *connection, long *thousands) {
  sqlite3_progress_handler(connection, 1000, thousands ? mirage_sqlite_is_over : NULL, thousands);
}
