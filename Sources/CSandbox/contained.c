// The inner side that every system shares: streams, limits, becoming the program.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "contained.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/// Where the report goes.
enum { REPORT = 3 };

void trimtab_contained_tell(const trimtab_contained_report *report) {
  // Fewer bytes than a pipe takes at once.
  const ssize_t written = write(REPORT, report, sizeof *report);
  (void)written;
}

_Noreturn void trimtab_contained_fail(const char *stage) {
  trimtab_contained_report report = {.outcome = TRIMTAB_SANDBOX_FAILED, .status = errno};
  strncpy(report.stage, stage, sizeof report.stage - 1);
  trimtab_contained_tell(&report);
  _exit(127);
}

static void limit(int resource, uint64_t value) {
  const struct rlimit limits = {.rlim_cur = (rlim_t)value, .rlim_max = (rlim_t)value};
  // A limit that is lower already may stay.
  setrlimit(resource, &limits);
}

void trimtab_contained_limit(const trimtab_sandbox_request *request) {
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_AS, request->address_bytes);
  limit(RLIMIT_CPU, (uint64_t)request->seconds + 1);
  limit(RLIMIT_FSIZE, request->scratch_bytes);
  limit(RLIMIT_NOFILE, 256);
#ifdef __linux__
  limit(RLIMIT_MSGQUEUE, 0);
  if (request->root) limit(RLIMIT_NPROC, request->processes + 4);
#endif
}

_Noreturn void trimtab_contained_become(const trimtab_sandbox_request *request) {
  execve(request->arguments[0], (char *const *)request->arguments, (char *const *)request->environment);
  trimtab_contained_fail("start the program");
}

static void become_quiet(int output, int report) {
  const int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, 0);
  dup2(output, 1);
  dup2(output, 2);
  dup2(report, REPORT);
  fcntl(REPORT, F_SETFD, FD_CLOEXEC);
  const long last = sysconf(_SC_OPEN_MAX);
#ifdef __linux__
  if (close_range(REPORT + 1, ~0U, 0) == 0) return;
#endif
  for (int end = REPORT + 1; end < (last > 0 && last < 65536 ? (int)last : 65536); end++) close(end);
}

_Noreturn void trimtab_contained_main(const trimtab_sandbox_request *request, int output, int report) {
  setpgid(0, 0);
  become_quiet(output, report);
  sigset_t none;
  sigemptyset(&none);
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, NULL);
  if (request->root) trimtab_contained_in_namespaces(request);
  if (chdir(request->program) != 0) trimtab_contained_fail("enter the program's folder");
  trimtab_contained_limit(request);
  trimtab_contained_become(request);
}

#ifndef __linux__
_Noreturn void trimtab_contained_in_namespaces(const trimtab_sandbox_request *request) {
  (void)request;
  errno = ENOTSUP;
  trimtab_contained_fail("make namespaces");
}
#endif
