using System.Text;
using Larder.Model.Installation;

namespace Larder.Host.Doctor;

/// <summary>Whether the paths of the unix sockets fit: the system allows 107 bytes.</summary>
/// <param name="home">The installation.</param>
/// <param name="system">The operating system.</param>
internal sealed class SocketsCheck(LarderHome home, ISystemFacts system) : IDoctorCheck
{
    private const string Name = "sockets";
    private const int LongestPath = 107;

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Finding>> LookAsync(CancellationToken cancellationToken)
    {
        // A node's socket has the longest name: the cache's id and the node's ordinal.
        var length = Encoding.UTF8.GetByteCount(home.NodeSocket(new string('0', 32), 999));
        Finding finding = home.RuntimeFolder switch
        {
            _ when length > LongestPath => Finding.Error(
                Name, $"Sockets in {home.RuntimeFolder} would have paths of {length} bytes; at most {LongestPath} are possible.", "Choose a shorter path with --home."),
            var folder when !folder.StartsWith(home.Root, StringComparison.Ordinal) && system.File(folder) is { } facts && facts.Owner != system.User => Finding.Error(
                Name, $"{folder}, where the sockets belong since the home's path is too long, is another user's.", "Choose a shorter path with --home."),
            var folder when !folder.StartsWith(home.Root, StringComparison.Ordinal) => Finding.Ok(
                Name, $"The home's path is too long for sockets; they are in {folder}."),
            var folder => Finding.Ok(Name, $"Sockets are in {folder}; their paths are {length} of {LongestPath} bytes."),
        };
        return ValueTask.FromResult<IReadOnlyList<Finding>>([finding]);
    }
}
