namespace Larder.Host.Doctor;

/// <summary>A file's owner and mode.</summary>
/// <param name="Owner">The user's id.</param>
/// <param name="Mode">The permission bits.</param>
internal readonly record struct FileFacts(uint Owner, UnixFileMode Mode)
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Whether anybody but the owner may do anything with it.</summary>
    public bool OpenToOthers => (Mode & Others) != 0;
}
