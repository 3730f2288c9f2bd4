// The inner side on Linux: a root of its own with nothing in it but what the program may read, no network, no other
// processes, and a first process that counts memory and processes and takes all others with it when it ends.
#ifdef __linux__
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "contained.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATH_LENGTH = 1024 };

// mount_setattr(2), of Linux 5.12: glibc and the kernel's headers each define a part of it, and not together.
enum { SET_ATTRIBUTES_CALL = 442, RECURSIVELY = 0x8000, NO_WRITING = 1, NO_SETUID = 2, NO_DEVICES = 4 };
struct attributes {
  uint64_t set, clear, propagation, user_namespace;
};

/// Runs as somebody who owns nothing, where the caller is the superuser: the system then holds it to its limits.
static void give_up_privilege(uint32_t user) {
  if (geteuid() != 0) return;
  if (syscall(SYS_setgroups, 0, NULL) != 0 || syscall(SYS_setresgid, user, user, user) != 0 ||
      syscall(SYS_setresuid, user, user, user) != 0)
    trimtab_contained_fail("become another user");
  // Otherwise its own entries in /proc would belong to the superuser.
  prctl(PR_SET_DUMPABLE, 1);
}

static void write_file(const char *path, const char *text, const char *stage) {
  const int file = open(path, O_WRONLY | O_CLOEXEC);
  const size_t count = strlen(text);
  if (file < 0 || write(file, text, count) != (ssize_t)count) {
    if (stage) trimtab_contained_fail(stage);
  }
  if (file >= 0) close(file);
}

static void enter_namespaces(void) {
  const uid_t user = geteuid();
  const gid_t group = getegid();
  if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) != 0)
    trimtab_contained_fail("make namespaces");
  char map[64];
  snprintf(map, sizeof map, "1000 %u 1\n", (unsigned)user);
  write_file("/proc/self/setgroups", "deny", "give up groups");
  write_file("/proc/self/uid_map", map, "map the user");
  snprintf(map, sizeof map, "1000 %u 1\n", (unsigned)group);
  write_file("/proc/self/gid_map", map, "map the group");
}

/// `path` below `root`.
static void join(char joined[PATH_LENGTH], const char *root, const char *path) {
  snprintf(joined, PATH_LENGTH, "%s%s", root, path);
}

/// Makes the folders above a path, and the path itself as a folder or an empty file.
static void make_place(const char *path, size_t root_length, int is_folder) {
  char part[PATH_LENGTH];
  snprintf(part, sizeof part, "%s", path);
  for (char *slash = part + root_length + 1; (slash = strchr(slash, '/')); slash++) {
    *slash = 0;
    mkdir(part, 0755);
    *slash = '/';
  }
  if (is_folder) {
    mkdir(part, 0755);
  } else {
    const int file = open(part, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (file >= 0) close(file);
  }
}

/// Shows a file or folder at a place below the root; what isn't there isn't shown.
static void show(const char *root, const char *source, const char *place, uint64_t restrictions) {
  struct stat status;
  if (stat(source, &status) != 0) return;
  char target[PATH_LENGTH];
  join(target, root, place);
  make_place(target, strlen(root), S_ISDIR(status.st_mode));
  if (mount(source, target, NULL, MS_BIND | MS_REC, NULL) != 0) trimtab_contained_fail("show a folder");
  const struct attributes attributes = {.set = restrictions};
  if (syscall(SET_ATTRIBUTES_CALL, AT_FDCWD, target, RECURSIVELY, &attributes, sizeof attributes) != 0)
    trimtab_contained_fail("make a folder read-only");
}

static void build_root(const trimtab_sandbox_request *request) {
  const char *root = request->root;
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) trimtab_contained_fail("separate mounts");
  if (mount("tmpfs", root, "tmpfs", MS_NOSUID, "size=1m,mode=755") != 0) trimtab_contained_fail("mount a root");
  for (const char *const *path = request->readable; *path; path++)
    show(root, *path, *path, NO_WRITING | NO_SETUID | NO_DEVICES);
  show(root, request->program, "/program", NO_WRITING | NO_SETUID | NO_DEVICES);
  const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"};
  for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) show(root, devices[i], devices[i], NO_SETUID);

  char place[PATH_LENGTH], options[64];
  join(place, root, "/proc");
  mkdir(place, 0755);
  if (mount("proc", place, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0)
    trimtab_contained_fail("mount /proc");
  join(place, root, "/scratch");
  mkdir(place, 0755);
  snprintf(options, sizeof options, "size=%llu,nr_inodes=4096,mode=700", (unsigned long long)request->scratch_bytes);
  if (mount("tmpfs", place, "tmpfs", MS_NOSUID | MS_NODEV, options) != 0)
    trimtab_contained_fail("mount a scratch folder");
  join(place, root, "/tmp");
  if (symlink("/scratch", place) != 0) trimtab_contained_fail("link /tmp");

  const struct attributes attributes = {.set = NO_WRITING | NO_SETUID};
  if (syscall(SET_ATTRIBUTES_CALL, AT_FDCWD, root, 0, &attributes, sizeof attributes) != 0)
    trimtab_contained_fail("make the root read-only");
  if (chdir(root) != 0 || syscall(SYS_pivot_root, ".", ".") != 0 || umount2(".", MNT_DETACH) != 0 ||
      chdir("/scratch") != 0)
    trimtab_contained_fail("change the root");
}

/// Pages of all processes but the first together, and how many there are.
///
/// The first is a copy of the caller, whose memory isn't the program's. What can't be counted is more than any limit.
static uint64_t resident_pages(uint32_t *processes) {
  struct entry {
    uint64_t inode;
    int64_t offset;
    unsigned short length;
    unsigned char type;
    char name[];
  };
  _Alignas(8) char entries[8192];
  uint64_t pages = 0;
  *processes = 0;
  const int folder = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) {
    *processes = UINT32_MAX;
    return 0;
  }
  long count;
  while ((count = syscall(SYS_getdents64, folder, entries, sizeof entries)) > 0) {
    for (long at = 0; at < count;) {
      const struct entry *entry = (const struct entry *)(entries + at);
      at += entry->length;
      if (entry->name[0] < '1' || entry->name[0] > '9') continue;
      *processes += 1;
      if (strcmp(entry->name, "1") == 0) continue;
      char path[64], text[128];
      snprintf(path, sizeof path, "/proc/%.20s/statm", entry->name);
      const int file = open(path, O_RDONLY | O_CLOEXEC);
      // One that has ended meanwhile has nothing.
      if (file < 0 && errno != ENOENT && errno != ESRCH) {
        *processes = UINT32_MAX;
        break;
      }
      if (file < 0) continue;
      const ssize_t length = read(file, text, sizeof text - 1);
      close(file);
      if (length <= 0) continue;
      text[length] = 0;
      const char *resident = strchr(text, ' ');
      if (resident) pages += strtoull(resident, NULL, 10);
    }
  }
  close(folder);
  return pages;
}

/// The namespace's first process: it can't be killed from inside, and when it ends, everything in it does.
static _Noreturn void watch(pid_t program, const trimtab_sandbox_request *request) {
  // Of the program's own user it may be, but nobody's to trace.
  prctl(PR_SET_DUMPABLE, 0);
  const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
  trimtab_contained_report report = {.outcome = TRIMTAB_SANDBOX_EXITED};
  for (;;) {
    int status;
    pid_t ended;
    while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
      if (ended != program) continue;
      report.outcome = WIFSIGNALED(status) ? TRIMTAB_SANDBOX_SIGNALLED : TRIMTAB_SANDBOX_EXITED;
      report.status = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
      trimtab_contained_tell(&report);
      _exit(0);
    }
    uint32_t processes;
    const uint64_t bytes = page * resident_pages(&processes);
    if (bytes > report.peak_bytes) report.peak_bytes = bytes;
    // It counts itself.
    if (bytes > request->memory_bytes || processes > (uint64_t)request->processes + 1) {
      report.outcome = bytes > request->memory_bytes ? TRIMTAB_SANDBOX_MEMORY : TRIMTAB_SANDBOX_PROCESSES;
      trimtab_contained_tell(&report);
      _exit(0);
    }
    const struct timespec pause = {.tv_nsec = 2000000};
    nanosleep(&pause, NULL);
  }
}

_Noreturn void trimtab_contained_in_namespaces(const trimtab_sandbox_request *request) {
  give_up_privilege(request->user);
  // Behind the change of user, which would undo it.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  enter_namespaces();
  const pid_t first = fork();
  if (first < 0) trimtab_contained_fail("make the first process");
  if (first > 0) {
    int status;
    while (waitpid(first, &status, 0) < 0 && errno == EINTR) {}
    _exit(0);
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  build_root(request);
  const char name[] = "sandbox";
  const int renamed = sethostname(name, sizeof name - 1);
  (void)renamed;
  // Nobody in here needs namespaces of their own.
  write_file("/proc/sys/user/max_user_namespaces", "0", NULL);
  int started[2];
  if (pipe2(started, O_CLOEXEC) != 0) trimtab_contained_fail("make a pipe");
  const pid_t program = fork();
  if (program < 0) trimtab_contained_fail("make the program's process");
  if (program > 0) {
    // Until it has become the program it is a copy of the caller, too; then its end of the pipe is closed.
    char nothing;
    close(started[1]);
    while (read(started[0], &nothing, 1) < 0 && errno == EINTR) {}
    close(started[0]);
    watch(program, request);
  }
  setsid();
  trimtab_contained_limit(request);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) trimtab_contained_fail("give up new privileges");
  trimtab_contained_refuse_calls();
  trimtab_contained_become(request);
}
#endif
