namespace Larder.Host.Doctor;

/// <summary>What a check asks of the operating system.</summary>
internal interface ISystemFacts
{
    /// <summary>The text of a file of the kernel, trimmed; <c>null</c> where there is none or it may not be read.</summary>
    /// <param name="path">The file.</param>
    string? Read(string path);

    /// <summary>Bytes free for this user on the disk of a folder that exists.</summary>
    /// <param name="folder">The folder.</param>
    long FreeBytes(string folder);

    /// <summary>Bytes of memory that this process and its children may have: the machine's, or the container's limit.</summary>
    long MemoryBytes { get; }

    /// <summary>The hard limit of open descriptors of one process.</summary>
    long OpenFilesLimit { get; }

    /// <summary>Whether the kernel says that its clock is synchronised; <c>null</c> where it cannot be asked.</summary>
    bool? ClockIsSynchronised { get; }

    /// <summary>This process's effective user.</summary>
    uint User { get; }

    /// <summary>Who owns a file or folder and what others may do; <c>null</c> where there is none.</summary>
    /// <param name="path">The file or folder.</param>
    FileFacts? File(string path);
}
