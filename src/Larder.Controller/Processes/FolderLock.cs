using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Larder.Security.Files;

namespace Larder.Controller.Processes;

/// <summary>
/// Keeps a second process off a node's data folder: an exclusive <c>flock</c> on <c>.lock</c> in it. The engine inherits the locked descriptor (as
/// number 3) and the daemon closes its own, so the folder is locked for exactly as long as the engine, or a child it forked, lives; the daemon's death
/// changes nothing. The file also says which process it is, so that a daemon that died before it could note the start finds the engine again.
/// Needs a local file system: on NFS such a lock is not inherited.
/// </summary>
public sealed unsafe class FolderLock : IDisposable
{
    /// <summary>The descriptor an engine inherits the lock as.</summary>
    public const int InheritedDescriptor = 3;

    private const string FileName = ".lock";
    private const int MaxNoteBytes = 512;
    private readonly DescriptorHandle _descriptor;
    private bool _isInherited;

    private FolderLock(string folder, DescriptorHandle descriptor)
    {
        Folder = folder;
        _descriptor = descriptor;
    }

    /// <summary>The locked folder, an absolute path.</summary>
    public string Folder { get; }

    internal int Descriptor => _descriptor.Number;

    /// <summary>Locks a folder.</summary>
    /// <param name="folder">The folder, created (0700) when missing.</param>
    /// <returns>The lock; disposing it frees the folder unless a process has inherited it.</returns>
    /// <exception cref="FolderLockedException">A process holds it.</exception>
    /// <exception cref="IOException">The lock's file cannot be opened, or its file system knows no locks.</exception>
    public static FolderLock Take(string folder)
    {
        var full = Path.GetFullPath(folder);
        OwnerOnlyFile.CreateFolder(full);
        var descriptor = DescriptorHandle.OpenFile(PathIn(full), LinuxCalls.OpenReadWrite);
        try
        {
            while (LinuxCalls.Flock(descriptor, LinuxCalls.LockExclusive | LinuxCalls.LockNoWait) != 0)
            {
                switch (Marshal.GetLastPInvokeError())
                {
                    case LinuxCalls.ErrorInterrupted:
                        continue;
                    case LinuxCalls.ErrorWouldBlock:
                        throw Locked(full, FolderLockHolders.Find(descriptor.Number));
                    default:
                        throw new IOException($"Cannot lock the data folder '{full}': {LinuxCalls.LastErrorText()}. It must be on a local disk.");
                }
            }

            // The process it names has ended: the lock would not be ours otherwise.
            Check(LinuxCalls.Truncate(descriptor, 0), full);
            return new FolderLock(full, descriptor);
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }
    }

    /// <summary>The process that was last started on a folder, whether it lives or not.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>Its identity; <c>null</c> where none is noted.</returns>
    public static ProcessIdentity? ReadOwner(string folder)
    {
        // Not by the base class library: it puts a shared lock of its own on each file it opens, which fails while the folder is locked, and would
        // stand in the way of whoever locks it next.
        var descriptor = LinuxCalls.Open(PathIn(folder), LinuxCalls.OpenCloseOnExec, 0);
        if (descriptor < 0 && Marshal.GetLastPInvokeError() == LinuxCalls.ErrorNoEntry)
        {
            return null;
        }

        using var file = DescriptorHandle.Own(descriptor, error => $"Cannot open '{PathIn(folder)}': {error}.");
        var note = stackalloc byte[MaxNoteBytes];
        var length = LinuxCalls.Read(file, note, MaxNoteBytes);
        try
        {
            return length <= 0 ? null : JsonSerializer.Deserialize<ProcessIdentity>(new ReadOnlySpan<byte>(note, (int)length));
        }
        catch (JsonException)
        {
            // Cut short by a crash: nothing is noted.
            return null;
        }
    }

    /// <summary>
    /// The process that holds a folder which names none: the daemon that started it died before it could write the note. Told by the session of its own
    /// that every launched engine opens.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <returns>The process; <c>null</c> where one is noted, or nothing holds the folder.</returns>
    /// <exception cref="IOException">The lock's file cannot be opened.</exception>
    public static ProcessIdentity? FindUnnotedOwner(string folder)
    {
        if (!File.Exists(PathIn(folder)) || ReadOwner(folder) is not null)
        {
            return null;
        }

        using var descriptor = DescriptorHandle.OpenFile(PathIn(folder), LinuxCalls.OpenReadWrite);
        if (LinuxCalls.Flock(descriptor, LinuxCalls.LockExclusive | LinuxCalls.LockNoWait) == 0)
        {
            // Whoever has the file open only looks at it.
            _ = LinuxCalls.Flock(descriptor, LinuxCalls.LockRelease);
            return null;
        }

        return FolderLockHolders.Find(descriptor.Number).FirstOrDefault(
            holder => holder.Pid != Environment.ProcessId && ProcessStat.TryRead(holder.Pid)?.SessionId == holder.Pid);
    }

    /// <summary>
    /// What a dead engine left running in a folder: children it had forked, such as a background save, which keep the folder locked. Nothing is a remnant
    /// while the engine itself lives.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <returns>The processes, to be killed before the engine is started again; may be empty.</returns>
    public static IReadOnlyList<ProcessIdentity> FindRemnants(string folder)
    {
        if (ReadOwner(folder) is not { } owner || owner.IsAlive())
        {
            return [];
        }

        using var descriptor = DescriptorHandle.OpenFile(PathIn(folder), LinuxCalls.OpenReadWrite);
        // A launched engine opens a session of its own, so its children carry its pid as their session's id.
        return [.. FolderLockHolders.Find(descriptor.Number).Where(holder => ProcessStat.TryRead(holder.Pid)?.SessionId == owner.Pid)];
    }

    /// <summary>Frees the folder; once a process has inherited the lock, closes this process's copy only.</summary>
    public void Dispose()
    {
        if (!_isInherited && !_descriptor.IsClosed)
        {
            // Closing would not do: any process that is being started at this moment has a copy until it executes its program.
            _ = LinuxCalls.Flock(_descriptor, LinuxCalls.LockRelease);
        }

        _descriptor.Dispose();
    }

    /// <summary>From now on the lock is a started process's, and is not released here any more.</summary>
    internal void HandOver() => _isInherited = true;

    /// <summary>Notes the process that inherited the lock.</summary>
    /// <param name="owner">The process.</param>
    /// <exception cref="IOException">The note could not be written.</exception>
    internal void NoteOwner(ProcessIdentity owner)
    {
        var text = JsonSerializer.SerializeToUtf8Bytes(owner);
        fixed (byte* content = text)
        {
            if (LinuxCalls.WriteAt(_descriptor, content, text.Length, 0) != text.Length)
            {
                throw new IOException($"Cannot write '{PathIn(Folder)}': {LinuxCalls.LastErrorText()}.");
            }
        }
    }

    private static string PathIn(string folder) => Path.Combine(folder, FileName);

    private static FolderLockedException Locked(string folder, IReadOnlyList<ProcessIdentity> holders)
    {
        var message = new StringBuilder($"The data folder '{folder}' is in use");
        if (holders.Count > 0)
        {
            message.Append(" by ").AppendJoin(", ", holders.Select(Describe));
        }

        if (ReadOwner(folder) is { } owner && !holders.Any(holder => holder.Pid == owner.Pid))
        {
            message.Append(CultureInfo.InvariantCulture, $" (the engine last started on it was process {owner.Pid})");
        }

        message.Append(". A second process on it would destroy its data. Stop the one that holds it, or let the Larder that started it run.");
        return new FolderLockedException(folder, holders, message.ToString());
    }

    private static string Describe(ProcessIdentity holder) => string.Create(CultureInfo.InvariantCulture,
        $"process {holder.Pid} ({ProcessStat.TryRead(holder.Pid)?.Name ?? "just ended"})");

    private static void Check(int result, string folder)
    {
        if (result != 0)
        {
            throw new IOException($"Cannot write '{PathIn(folder)}': {LinuxCalls.LastErrorText()}.");
        }
    }
}
