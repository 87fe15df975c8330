using System.Collections;
using Larder.Security.Files;

namespace Larder.Controller.Processes;

/// <summary>
/// Starts processes that outlive this one: in a session of their own, with nothing of this process but its environment, writing to a log file
/// themselves, so that neither the daemon's end nor a Ctrl-C in its terminal reaches them.
/// </summary>
public static unsafe class ProcessLauncher
{
    // A process being started has copies of this one's descriptors until it executes its program. One at a time, so that no other start holds a copy of
    // a folder's lock when its own engine has it and this process has closed it: that lock must go with the engine's death.
    private static readonly Lock OneAtATime = new();

    /// <summary>Starts a program; returns once it has been executed. Blocks for a few milliseconds at most.</summary>
    /// <param name="request">What to start.</param>
    /// <returns>The process, a child of this one: watch it with <see cref="ProcessExitWatcher"/>, which also reaps it.</returns>
    /// <exception cref="ProcessLaunchException">The program or its working directory does not exist or cannot be used.</exception>
    /// <exception cref="IOException">The log file cannot be written.</exception>
    public static ProcessIdentity Start(LaunchRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var logFile = Path.GetFullPath(request.LogFile);
        OwnerOnlyFile.CreateFolder(Path.GetDirectoryName(logFile)!);
        using var log = DescriptorHandle.OpenFile(logFile, LinuxCalls.OpenWriteOnly | LinuxCalls.OpenAppend);
        if (LinuxCalls.ChangeMode(log, LinuxCalls.OwnerReadWrite) != 0)
        {
            throw new IOException($"Cannot set the mode of the log file '{logFile}': {LinuxCalls.LastErrorText()}.");
        }

        lock (OneAtATime)
        {
            var pid = Spawn(request, log);
            request.Lock?.HandOver();
            var identity = ProcessIdentity.TryRead(pid)
                ?? throw new ProcessLaunchException(request.Executable, 0,
                    $"'{request.Executable}' ended as soon as it was started. Its log is '{logFile}'.");
            if (request.Lock is { } folderLock)
            {
                NoteOwner(folderLock, identity);
            }

            return identity;
        }
    }

    private static int Spawn(LaunchRequest request, DescriptorHandle log)
    {
        if (!Directory.Exists(request.WorkingDirectory))
        {
            throw new ProcessLaunchException(request.Executable, LinuxCalls.ErrorNoEntry,
                $"Cannot start '{request.Executable}': its working directory '{request.WorkingDirectory}' does not exist.");
        }

        using var settings = new SpawnSettings();
        settings.Detach();
        settings.SetWorkingDirectory(request.WorkingDirectory);
        settings.SetDescriptors(log.Number, request.Lock?.Descriptor);
        using var arguments = new NativeTexts([Plain(request.Executable), .. request.Arguments.Select(Plain)]);
        using var environment = new NativeTexts(MergeEnvironment(request.Environment));
        int pid;
        var error = LinuxCalls.Spawn(&pid, request.Executable, settings.Actions, settings.Attributes, arguments.Pointer, environment.Pointer);
        if (error != 0)
        {
            throw new ProcessLaunchException(request.Executable, error,
                $"Cannot start '{request.Executable}': {LinuxCalls.ErrorText(error)}. {Advice(request.Executable)}");
        }

        return pid;
    }

    private static string Advice(string executable)
    {
        if (!File.Exists(executable))
        {
            return "There is no such file.";
        }

        const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return (File.GetUnixFileMode(executable) & Executable) == 0
            ? $"Run: chmod +x '{executable}'"
            : "The file is there and executable: check that it, or the interpreter it names, is built for this machine.";
    }

    private static void NoteOwner(FolderLock folderLock, ProcessIdentity identity)
    {
        try
        {
            folderLock.NoteOwner(identity);
        }
        catch (IOException)
        {
            // Without the note a daemon that dies now could not find the engine again; a start that half succeeded is undone.
            using var process = identity.TryOpen();
            if (identity.Signal(ProcessSignal.Kill) && process is not null)
            {
                ChildReaper.Reap(process);
            }

            throw;
        }

        folderLock.Dispose();
    }

    private static List<string> MergeEnvironment(IReadOnlyDictionary<string, string> additions)
    {
        var merged = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            merged[(string)variable.Key] = (string?)variable.Value ?? "";
        }

        foreach (var (name, value) in additions)
        {
            merged[name] = value;
        }

        return [.. merged.Select(variable => Plain($"{variable.Key}={variable.Value}"))];
    }

    private static string Plain(string text) => text.Contains('\0', StringComparison.Ordinal)
        ? throw new ArgumentException("An argument or environment variable holds a null character, which would cut it short.")
        : text;
}
