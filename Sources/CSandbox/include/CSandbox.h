#pragma once
#include <stddef.h>
#include <stdint.h>

// Running a program that nobody trusts: in its own namespaces, under limits, killed whole.

/// How a run ended.
enum {
  TRIMTAB_SANDBOX_EXITED = 0,
  TRIMTAB_SANDBOX_SIGNALLED = 1,
  TRIMTAB_SANDBOX_TIME = 2,
  TRIMTAB_SANDBOX_MEMORY = 3,
  TRIMTAB_SANDBOX_PROCESSES = 4,
  TRIMTAB_SANDBOX_OUTPUT = 5,
  /// The sandbox couldn't be made: `status` is the system's error, `stage` what was tried.
  TRIMTAB_SANDBOX_FAILED = 6,
};

typedef struct {
  /// An empty folder over which the sandbox's own root is mounted; null runs without namespaces.
  const char *root;
  /// A folder that is shown as /program, read-only; without namespaces the working folder.
  const char *program;
  /// Files and folders that are shown read-only under their own names; ends with null.
  const char *const *readable;
  /// Ends with null; the first is the program's path.
  const char *const *arguments;
  const char *const *environment;
  double seconds;
  /// Of all its processes together, resident.
  uint64_t memory_bytes;
  /// Of each process, virtual.
  uint64_t address_bytes;
  uint64_t output_bytes;
  /// What may be written to its scratch folder.
  uint64_t scratch_bytes;
  uint32_t processes;
  /// Whom it runs as where the caller is the superuser.
  uint32_t user;
} trimtab_sandbox_request;

typedef struct {
  int32_t outcome;
  /// The exit code, the signal or the system's error.
  int32_t status;
  char stage[64];
  uint64_t peak_bytes;
  double seconds;
  size_t output_count;
} trimtab_sandbox_result;

/// Runs a program to its end; what it writes goes to `output`, of `output_bytes`.
///
/// Returns 0, or the system's error where not even a process could be made. Blocks; the program dies with the calling
/// thread.
int trimtab_sandbox_run(const trimtab_sandbox_request *request, char *output, trimtab_sandbox_result *result);
