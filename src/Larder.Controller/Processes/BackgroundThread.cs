namespace Larder.Controller.Processes;

/// <summary>
/// Runs work that has time on a thread of its own that gives way to all others of this process, and takes no more of the machine than is to spare: hashing and comparing
/// gigabytes must not take the processors from what serves clients. What the work awaits is awaited elsewhere; it goes on on this thread.
/// </summary>
internal static class BackgroundThread
{
    // As BackgroundPriority's.
    private const int Nice = 10;

    // A timer's grain.
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(2);

    /// <summary>Runs work to its end.</summary>
    /// <typeparam name="T">What it gives.</typeparam>
    /// <param name="name">The thread's name, for debuggers.</param>
    /// <param name="work">The work.</param>
    /// <param name="spare">How much it may take.</param>
    /// <param name="clock">The clock.</param>
    /// <returns>What it gives.</returns>
    public static Task<T> RunAsync<T>(string name, Func<Task<T>> work, SpareProcessors spare, TimeProvider clock)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() => Run(work, result, new Queue(spare, clock))) { IsBackground = true, Name = name }.Start();
        return result.Task;
    }

    private static void Run<T>(Func<Task<T>> work, TaskCompletionSource<T> result, Queue queue)
    {
        // Where it cannot be lowered it runs as it is.
        _ = LinuxCalls.SetPriority(LinuxCalls.PriorityOfThread, 0, Nice);
        SynchronizationContext.SetSynchronizationContext(queue);
        var task = BeginAsync(work);
        task.ContinueWith(_ => queue.Complete(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        queue.Run();
        SynchronizationContext.SetSynchronizationContext(null);
        if (task.IsCanceled)
        {
            result.SetCanceled();
        }
        else if (task.Exception is { } exception)
        {
            result.SetException(exception.InnerExceptions);
        }
        else
        {
            result.SetResult(task.Result);
        }
    }

    // What it throws before its first await is its outcome too.
    private static async Task<T> BeginAsync<T>(Func<Task<T>> work) => await work();

    /// <summary>
    /// What is to go on on the thread. What the work has begun and does not wait for may go on after its end: that is done elsewhere, since nobody is here
    /// any more.
    /// </summary>
    private sealed class Queue(SpareProcessors spare, TimeProvider clock) : SynchronizationContext
    {
        private readonly Queue<(SendOrPostCallback Callback, object? State)> _waiting = [];
        private bool _completed;
        private TimeSpan _owed;

        public override void Post(SendOrPostCallback d, object? state)
        {
            lock (_waiting)
            {
                if (!_completed)
                {
                    _waiting.Enqueue((d, state));
                    Monitor.Pulse(_waiting);
                    return;
                }
            }

            ThreadPool.QueueUserWorkItem(late => d(late), state, preferLocal: false);
        }

        public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("Nobody waits for this thread.");

        public override SynchronizationContext CreateCopy() => this;

        public void Complete()
        {
            lock (_waiting)
            {
                _completed = true;
                Monitor.Pulse(_waiting);
            }
        }

        public void Run()
        {
            while (TryTake(out var callback, out var state))
            {
                var began = clock.GetTimestamp();
                callback(state);
                Pause(clock.GetElapsedTime(began));
            }
        }

        private void Pause(TimeSpan worked)
        {
            _owed += worked * (1 / spare.Share - 1);
            if (_owed >= ShortestPause)
            {
                Task.Delay(_owed, clock).Wait();
                _owed = TimeSpan.Zero;
            }
        }

        private bool TryTake(out SendOrPostCallback callback, out object? state)
        {
            lock (_waiting)
            {
                while (_waiting.Count == 0 && !_completed)
                {
                    Monitor.Wait(_waiting);
                }

                (callback, state) = _waiting.TryDequeue(out var next) ? next : (null!, null);
                return callback is not null;
            }
        }
    }
}
