# Steps the coroutines of handlers as part of a task that is elsewhere: what
# consumers/handlers/tasks.py and polygon/dispatch/frame_run.py do for each message. The rules are
# written in the former.

cdef extern from "Python.h":
    int PyContext_Enter(object) except -1
    int PyContext_Exit(object) except -1
    ctypedef enum PySendResult:
        PYGEN_RETURN
        PYGEN_ERROR
        PYGEN_NEXT
    PySendResult PyIter_Send(object, object, PyObject**) except PYGEN_ERROR
    PyObject* PyDict_GetItemWithError(object, object) except? NULL
    bint PyCoro_CheckExact(object)

DONE = object()

# From Python 3.12 on, asyncio has a function for this; before, `_enter_task` and `_leave_task`
# change this dict, by two calls for each change.
cdef object SWAP_CURRENT_TASK = getattr(asyncio.tasks, "_swap_current_task", None)
cdef object CURRENT_TASKS = getattr(asyncio.tasks, "_current_tasks", None)
cdef object MISSING = object()


cdef inline object swap_current_task(object loop, object task):
    """Make a task, or None, the current one; return which was."""
    if SWAP_CURRENT_TASK is not None:
        return SWAP_CURRENT_TASK(loop, task)
    cdef PyObject* found = PyDict_GetItemWithError(CURRENT_TASKS, loop)
    cdef object previous = None if found is NULL else <object>found
    if task is not None:
        CURRENT_TASKS[loop] = task
    elif found is not NULL:
        del CURRENT_TASKS[loop]
    return previous


cdef class TaskStepper:
    """Gives a task's driver one job after another, from outside of the task.

    Args:
        driver: The driver, begun in the context.
        loop: The running loop.
        context: The context of all that the task does.

    Attributes:
        task: The task.
        is_inside: Whether the task itself runs, between two jobs.
        has_ended: Whether the task takes no more jobs.
    """

    cdef object driver
    cdef object loop
    cdef object context
    cdef public object task
    cdef public bint is_inside
    cdef public bint has_ended

    def __init__(self, driver, loop, context):
        self.driver = driver
        self.loop = loop
        self.context = context

    cdef object send(self, job):
        cdef PyObject* result = NULL
        cdef PySendResult how = PyIter_Send(self.driver, job, &result)
        cdef object yielded = <object>result
        Py_DECREF(yielded)
        if how == PYGEN_RETURN:
            raise StopIteration(yielded)
        return yielded

    def step(self, job):
        """Give the driver a job, as if in the task, which must be ready.

        Returns:
            Whether it is done; if not, it waits, and the task goes on with it.
        """
        return self.take_step(job)

    cdef bint take_step(self, job) except -1:
        cdef object previous, yielded
        if self.is_inside:
            yielded = self.send(job)
        else:
            previous = swap_current_task(self.loop, self.task)
            try:
                PyContext_Enter(self.context)
                try:
                    yielded = self.send(job)
                finally:
                    PyContext_Exit(self.context)
            finally:
                swap_current_task(self.loop, previous)
        if yielded is DONE:
            return True
        self.go_on(job, yielded)
        return False

    def go_on(self, job, yielded):
        """Have the task go on with a job that waits for what it yielded."""
        raise NotImplementedError


cdef class FrameStepper:
    """Calls the handlers of one frame's messages after another's, while nothing is in the way.

    Coroutines are stepped as part of a task; only one that waits becomes a job of its driver.

    Args:
        sizes: How many messages each frame has.
        channel_of: Gives a message's channel.
        by_channel: The handlers; it may change.
        default: The handler of channels that are not in there.

    Attributes:
        sizes: As above.
        begun: Frames that were begun.
        made: Frames that there are messages of.
        messages: Those of frames that were not begun, and the rest of the last one.
        task: The task; None while there is none.
        is_over: Whether no more frames are taken from here.
        is_inside: Whether a frame is being handled.
    """

    cdef readonly list sizes
    cdef object channel_of
    cdef dict by_channel
    cdef object default
    cdef public Py_ssize_t begun
    cdef public Py_ssize_t made
    cdef public object messages
    cdef public TaskStepper task
    cdef public bint is_over
    cdef public bint is_inside

    def __init__(self, list sizes not None, channel_of, dict by_channel not None, default):
        self.sizes = sizes
        self.channel_of = channel_of
        self.by_channel = by_channel
        self.default = default
        self.messages = iter(())

    def handle_next(self):
        """Call the handlers of the next frame's messages.

        Returns:
            Whether there was one that can be handled here. If not, the run is over.
        """
        cdef Py_ssize_t begun = self.begun
        cdef TaskStepper task = self.task
        cdef object waiting, previous
        if self.is_inside or begun >= self.made or task is None or task.has_ended:
            return self.handle_slowly()
        self.begun = begun + 1
        self.is_inside = True
        try:
            previous = swap_current_task(task.loop, task.task)
            try:
                PyContext_Enter(task.context)
                try:
                    waiting = self.call_handlers(task, self.sizes[begun])
                finally:
                    PyContext_Exit(task.context)
            finally:
                swap_current_task(task.loop, previous)
            if waiting is not None:
                task.go_on(*<tuple>waiting)
                self.wait(task)
        except BaseException:
            self.break_off()
            raise
        finally:
            self.is_inside = False
            if self.is_over:
                self.finish()
        return True

    cdef object call_handlers(self, TaskStepper task, Py_ssize_t count):
        """Call the handlers of so many messages, in the task.

        Returns:
            The job that waits, and what it yielded; None if everything is done.
        """
        cdef object target, message, result, job, yielded
        cdef PyObject* sent
        while count > 0:
            count -= 1
            message = next(self.messages, MISSING)
            if message is MISSING:
                return None  # a handler has stopped the run
            target = self.default
            try:
                target = self.by_channel.get(self.channel_of(message), target)
                result = target.function(message)
                if result is None:
                    continue
                if PyCoro_CheckExact(result):
                    sent = NULL
                    if PyIter_Send(result, None, &sent) == PYGEN_RETURN:
                        Py_DECREF(<object>sent)
                        continue
                    yielded = <object>sent
                    Py_DECREF(yielded)
                    job = self.rest_of(target, message, result, yielded)
                else:
                    job = self.job_of(target, message, result)
                    if job is None:
                        continue
                yielded = task.send(job)
                if yielded is not DONE:
                    return job, yielded
            except BaseException as error:
                self.failed(target, message, error)
        return None

    def handle_slowly(self):
        """Do the same where `handle_next` cannot: at the first frame, for one."""
        raise NotImplementedError

    def rest_of(self, target, message, coroutine, yielded):
        """Return the job that goes on with a handler's coroutine, which waits for what it yielded.
        """
        raise NotImplementedError

    def job_of(self, target, message, result):
        """Return the job that awaits a handler's result; None if there is nothing to await."""
        raise NotImplementedError

    def failed(self, target, message, error):
        """Take what a handler raised."""
        raise NotImplementedError

    def wait(self, task):
        """Leave a job to its task."""
        raise NotImplementedError

    def break_off(self):
        """Take nothing more from here, as something was raised."""
        raise NotImplementedError

    def finish(self):
        """Take note that it is over, and no frame is being handled."""
        raise NotImplementedError
