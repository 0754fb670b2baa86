#pragma once
#include <modbus.h>

/// The longest request over TCP.
static const int mirage_modbus_longest = MODBUS_TCP_MAX_ADU_LENGTH;
