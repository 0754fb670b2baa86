#pragma once
#include <mosquitto.h>
#include <mqtt_protocol.h>

// Swift does not see which numbers these names of an enumeration are.
static const int mirage_mosquitto_success = MOSQ_ERR_SUCCESS;
static const int mirage_mosquitto_errno = MOSQ_ERR_ERRNO;

/// Version 3.1.1 of the protocol, which every broker speaks.
static inline int mirage_mosquitto_set_version(struct mosquitto *client) {
  return mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V311);
}
