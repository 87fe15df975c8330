namespace Larder.Controller.Processes;

/// <summary>Gives a file a second name on the same file system: no byte is copied, and the content lives as long as one of the names.</summary>
internal static class HardLink
{
    /// <summary>Makes the second name.</summary>
    /// <param name="existing">The file.</param>
    /// <param name="name">The second name, which must be free.</param>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static void Create(string existing, string name)
    {
        if (LinuxCalls.Link(existing, name) != 0)
        {
            throw new IOException($"'{name}' cannot be made a second name of '{existing}': {LinuxCalls.LastErrorText()}.");
        }
    }
}
