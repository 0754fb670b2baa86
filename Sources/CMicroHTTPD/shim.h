#pragma once
#include <microhttpd.h>
#include <netinet/in.h>
#include <string.h>

// libmicrohttpd's functions with options take any number of arguments, which Swift cannot say.

/// How much a server takes upon itself.
typedef struct {
  unsigned int connections;
  unsigned int idle_seconds;
  /// For the header of one request.
  size_t connection_bytes;
} mirage_http_limits;

/// Serves on this machine alone, on a thread of the library; port 0 takes any that is free.
static inline struct MHD_Daemon *mirage_http_start(
    int is_version_6, uint16_t port, mirage_http_limits limits, MHD_AccessHandlerCallback answer,
    MHD_RequestCompletedCallback completed, void *context) {
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
  memset(&v4, 0, sizeof v4);
  memset(&v6, 0, sizeof v6);
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  v6.sin6_addr = in6addr_loopback;
  // Not epoll: told once of bytes and of the end behind them, the library misses the end, and holds a
  // connection that nobody has any more until it is idle for too long.
  unsigned int flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL;
  if (is_version_6) flags |= MHD_USE_IPv6;
  return MHD_start_daemon(
      flags, port, NULL, NULL, answer, context,
      MHD_OPTION_SOCK_ADDR, is_version_6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4,
      MHD_OPTION_NOTIFY_COMPLETED, completed, context,
      MHD_OPTION_CONNECTION_LIMIT, limits.connections,
      MHD_OPTION_CONNECTION_TIMEOUT, limits.idle_seconds,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits.connection_bytes, MHD_OPTION_END);
}

/// The port that is served; 0 where the library does not tell.
static inline uint16_t mirage_http_port(struct MHD_Daemon *daemon) {
  const union MHD_DaemonInfo *found = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
  return found ? found->port : 0;
}

/// A response with a copy of these bytes.
static inline struct MHD_Response *mirage_http_response(const void *bytes, size_t count) {
  return MHD_create_response_from_buffer(count, (void *)bytes, MHD_RESPMEM_MUST_COPY);
}

// Swift does not see the names in the library's enumerations.
static const enum MHD_Result mirage_http_yes = MHD_YES;
static const enum MHD_Result mirage_http_no = MHD_NO;

/// The value of a header of the request; NULL where there is none.
static inline const char *mirage_http_header(struct MHD_Connection *connection, const char *name) {
  return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}
