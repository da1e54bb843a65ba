/* A disk that fails, between a server and its C library: loaded with LD_PRELOAD.

   Every call that changes what is under DISK_FOLDER is a step, numbered from 1 over all threads. At step DISK_AT the
   process is killed (DISK_HOW=kill), or that one call fails (eio, enospc), or the next write is half done and fails
   (short). With DISK_WRITES that is the first write from there on that has this text in it: how threads take turns
   changes numbers, but not what is written.

   Each step is noted in DISK_JOURNAL, after it was done, with all that is needed to do it again: so what a disk would
   hold that lost its power at any moment can be made afterwards.

   A line of the journal is `step|what|path|other path or -|offset|length`, followed by so many bytes of data. The call
   that fails has one too, or whose process is killed: `step|fail or kill|path|what it would have been|0|0`. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILES_MAX 4096
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *folder;
static size_t folder_length;
static int journal = -1;
static long at, step;
static int has_failed;
static const char *how = "";
static const char *writes;
static char *paths[FILES_MAX]; /* of each open descriptor under the folder */

static ssize_t (*real_write)(int, const void *, size_t);

/* By what the environment says; a process that was forked calls it again, and its steps are numbered anew. */
__attribute__((constructor)) void disk_begins(void)
{
    real_write = REAL(write);
    step = 0;
    has_failed = 0;
    folder = getenv("DISK_FOLDER");
    folder_length = folder ? strlen(folder) : 0;
    at = getenv("DISK_AT") ? atol(getenv("DISK_AT")) : 0;
    how = getenv("DISK_HOW") ? getenv("DISK_HOW") : "";
    writes = getenv("DISK_WRITES");
    if (getenv("DISK_JOURNAL"))
        journal = REAL(open64)(getenv("DISK_JOURNAL"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* The path from the folder on; NULL for one that is elsewhere. A path that is relative is the process's own. */
static char *under(const char *path)
{
    char whole[8192], here[4096];
    if (!folder || !path)
        return NULL;
    if (path[0] != '/' && getcwd(here, sizeof here))
        snprintf(whole, sizeof whole, "%s/%s", here, path);
    else
        snprintf(whole, sizeof whole, "%s", path);
    if (strncmp(whole, folder, folder_length) || (whole[folder_length] && whole[folder_length] != '/'))
        return NULL;
    return strdup(whole[folder_length] ? whole + folder_length + 1 : ".");
}

static const char *of(int descriptor)
{
    return descriptor >= 0 && descriptor < FILES_MAX ? paths[descriptor] : NULL;
}

static void note(const char *what, const char *path, const char *other, long long offset, const void *data, size_t size)
{
    char head[8192];
    if (journal < 0)
        return;
    int length = snprintf(head, sizeof head, "%ld|%s|%s|%s|%lld|%zu\n", step, what, path, other, offset, size);
    struct iovec parts[] = {{head, (size_t)length}, {(void *)data, size}};
    if (writev(journal, parts, 2) != length + (ssize_t)size)
        abort();
}

/* Counts a step, with the lock held. What is left of the call: all of it, the half, or nothing but an error. */
enum left { ALL, HALF, NONE };

static enum left next_step(const char *what, const char *path, const void *data, size_t size)
{
    step++;
    if (has_failed || step < at || !strcmp(how, "") || (!strcmp(how, "short") && strcmp(what, "write")))
        return ALL;
    if (writes && !(data && memmem(data, size, writes, strlen(writes))))
        return ALL;
    has_failed = 1;
    note(strcmp(how, "kill") ? "fail" : "kill", path, what, 0, "", 0);
    if (!strcmp(how, "kill"))
        raise(SIGKILL);
    if (!strcmp(how, "short"))
        return HALF;
    errno = strcmp(how, "enospc") ? EIO : ENOSPC;
    return NONE;
}

#define STEP(failed, what, path) STEP_WITH(failed, what, path, NULL, 0)
#define STEP_WITH(failed, what, path, data, size)                                                                      \
    pthread_mutex_lock(&lock);                                                                                         \
    enum left left = next_step(what, path, data, size);                                                                \
    if (left == NONE) {                                                                                                \
        pthread_mutex_unlock(&lock);                                                                                   \
        return failed;                                                                                                 \
    }                                                                                                                  \
    (void)left

#define END(result)                                                                                                    \
    do {                                                                                                               \
        int kept = errno;                                                                                              \
        pthread_mutex_unlock(&lock);                                                                                   \
        errno = kept;                                                                                                  \
        return result;                                                                                                 \
    } while (0)

static int opened(int descriptor, char *path)
{
    if (descriptor >= 0 && descriptor < FILES_MAX) {
        free(paths[descriptor]);
        paths[descriptor] = path;
    } else
        free(path);
    return descriptor;
}

static int open_at(int directory, const char *path, int flags, mode_t mode)
{
    int (*real)(int, const char *, int, ...) = REAL(openat64);
    char *mine = directory == AT_FDCWD || (path && path[0] == '/') ? under(path) : NULL;
    struct stat found;
    if (!mine)
        return opened(real(directory, path, flags, mode), NULL);
    int is_new = (flags & O_CREAT) && stat(path, &found);
    int cuts = (flags & O_TRUNC) && !is_new;
    if (!is_new && !cuts)
        return opened(real(directory, path, flags, mode), mine);
    STEP((free(mine), -1), is_new ? "create" : "truncate", mine);
    int descriptor = opened(real(directory, path, flags, mode), mine);
    if (descriptor >= 0)
        note(is_new ? "create" : "truncate", mine, "-", 0, "", 0);
    END(descriptor);
}

#define MODE                                                                                                           \
    mode_t mode = 0;                                                                                                   \
    if (flags & (O_CREAT | O_TMPFILE)) {                                                                               \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode = va_arg(rest, mode_t);                                                                                   \
        va_end(rest);                                                                                                  \
    }

int open(const char *path, int flags, ...) { MODE return open_at(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE return open_at(AT_FDCWD, path, flags, mode); }
int openat(int directory, const char *path, int flags, ...) { MODE return open_at(directory, path, flags, mode); }
int openat64(int directory, const char *path, int flags, ...) { MODE return open_at(directory, path, flags, mode); }

int close(int descriptor)
{
    pthread_mutex_lock(&lock);
    if (of(descriptor)) {
        free(paths[descriptor]);
        paths[descriptor] = NULL;
    }
    pthread_mutex_unlock(&lock);
    return REAL(close)(descriptor);
}

static ssize_t write_at(int descriptor, const void *data, size_t size, off64_t offset)
{
    STEP_WITH(-1, "write", of(descriptor), data, size);
    size_t some = left == HALF ? size / 2 : size;
    ssize_t done = REAL(pwrite64)(descriptor, data, some, offset);
    if (done > 0)
        note("write", of(descriptor), "-", offset, data, (size_t)done);
    if (left == HALF) {
        errno = EIO;
        done = -1;
    }
    END(done);
}

ssize_t pwrite64(int descriptor, const void *data, size_t size, off64_t offset)
{
    return of(descriptor) ? write_at(descriptor, data, size, offset) : REAL(pwrite64)(descriptor, data, size, offset);
}

ssize_t pwrite(int descriptor, const void *data, size_t size, off_t offset)
{
    return pwrite64(descriptor, data, size, offset);
}

ssize_t write(int descriptor, const void *data, size_t size)
{
    if (!of(descriptor))
        return real_write(descriptor, data, size);
    off64_t offset = lseek64(descriptor, 0, SEEK_CUR);
    ssize_t done = write_at(descriptor, data, size, offset);
    if (done > 0)
        lseek64(descriptor, offset + done, SEEK_SET);
    return done;
}

static int synced(int descriptor, int (*real)(int))
{
    if (!of(descriptor))
        return real(descriptor);
    STEP(-1, "sync", of(descriptor));
    int result = real(descriptor);
    if (!result)
        note("sync", of(descriptor), "-", 0, "", 0);
    END(result);
}

int fsync(int descriptor) { return synced(descriptor, REAL(fsync)); }
int fdatasync(int descriptor) { return synced(descriptor, REAL(fdatasync)); }

int ftruncate64(int descriptor, off64_t length)
{
    if (!of(descriptor))
        return REAL(ftruncate64)(descriptor, length);
    STEP(-1, "truncate", of(descriptor));
    int result = REAL(ftruncate64)(descriptor, length);
    if (!result)
        note("truncate", of(descriptor), "-", length, "", 0);
    END(result);
}

int ftruncate(int descriptor, off_t length) { return ftruncate64(descriptor, length); }

int rename(const char *from, const char *to)
{
    char *mine = under(from), *other = under(to);
    if (!mine || !other) {
        free(mine);
        free(other);
        return REAL(rename)(from, to);
    }
    STEP((free(mine), free(other), -1), "rename", mine);
    int result = REAL(rename)(from, to);
    if (!result)
        note("rename", mine, other, 0, "", 0);
    free(mine);
    free(other);
    END(result);
}

int unlink(const char *path)
{
    char *mine = under(path);
    if (!mine)
        return REAL(unlink)(path);
    STEP((free(mine), -1), "unlink", mine);
    int result = REAL(unlink)(path);
    if (!result)
        note("unlink", mine, "-", 0, "", 0);
    free(mine);
    END(result);
}

int mkdir(const char *path, mode_t mode)
{
    char *mine = under(path);
    if (!mine)
        return REAL(mkdir)(path, mode);
    STEP((free(mine), -1), "mkdir", mine);
    int result = REAL(mkdir)(path, mode);
    if (!result)
        note("mkdir", mine, "-", 0, "", 0);
    free(mine);
    END(result);
}
