#pragma once
#include "include/CSandbox.h"

/// What the inner side has to say about the run.
typedef struct {
  int32_t outcome;
  int32_t status;
  char stage[64];
  uint64_t peak_bytes;
} trimtab_contained_report;

/// The rest of a forked process's life: contains itself, runs the program, reports how it ended.
///
/// Only what is safe behind a fork of many threads: system calls, and memory on the stack.
_Noreturn void trimtab_contained_main(const trimtab_sandbox_request *request, int output, int report);

/// Says that something couldn't be done, and ends.
_Noreturn void trimtab_contained_fail(const char *stage);

/// Sends the report.
void trimtab_contained_tell(const trimtab_contained_report *report);

/// Sets the limits of each process.
void trimtab_contained_limit(const trimtab_sandbox_request *request);

/// Refuses system calls to the program, on Linux; privileges must have been given up.
void trimtab_contained_refuse_calls(void);

/// Becomes the program; returns only by failing.
_Noreturn void trimtab_contained_become(const trimtab_sandbox_request *request);

/// Builds the namespaces and watches over the program in them.
_Noreturn void trimtab_contained_in_namespaces(const trimtab_sandbox_request *request);
