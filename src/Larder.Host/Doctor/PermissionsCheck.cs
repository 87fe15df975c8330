using Larder.Host.Cli.Output;
using Larder.Model.Installation;

namespace Larder.Host.Doctor;

/// <summary>Whether the home and what is secret in it belong to this user and to nobody else.</summary>
/// <param name="home">The installation.</param>
/// <param name="system">The operating system.</param>
internal sealed class PermissionsCheck(LarderHome home, ISystemFacts system) : IDoctorCheck
{
    private const string Name = "permissions";

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Finding>> LookAsync(CancellationToken cancellationToken)
    {
        if (system.File(home.Root) is null)
        {
            return ValueTask.FromResult<IReadOnlyList<Finding>>([Finding.Ok(Name, $"{home.Root} does not exist yet; 'larder up' makes it.")]);
        }

        var findings = Secret().Select(path => (Path: path, Facts: system.File(path))).Where(file => file.Facts is not null)
            .Select(file => Look(file.Path, file.Facts!.Value)).OfType<Finding>().ToList();
        if (findings.Count == 0)
        {
            findings.Add(Finding.Ok(Name, $"{home.Root} and its secrets are closed to other users."));
        }

        return ValueTask.FromResult<IReadOnlyList<Finding>>(findings);
    }

    private Finding? Look(string path, FileFacts facts)
    {
        if (facts.Owner != system.User)
        {
            return Finding.Error(Name, $"{path} belongs to user {facts.Owner}, not to {system.User}.", $"Run larder as that user, or: chown {system.User} {ShellText.Quote(path)}");
        }

        return facts.OpenToOthers
            ? Finding.Error(Name, $"{path} is open to other users (mode {Convert.ToString((int)facts.Mode, 8)}).", $"Run: chmod go-rwx {ShellText.Quote(path)}")
            : null;
    }

    private IEnumerable<string> Secret()
    {
        yield return home.Root;
        yield return home.RuntimeFolder;
        yield return home.SecretsFolder;
        foreach (var (folder, pattern) in new[]
        {
            (home.SecretsFolder, "*"), (home.CertificateAuthorityFolder, "*.key"), (home.CertificatesFolder, "*.key"),
            (Path.GetDirectoryName(home.StorePath)!, "*"),
        })
        {
            if (Directory.Exists(folder))
            {
                var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true };
                foreach (var file in Directory.EnumerateFiles(folder, pattern, options))
                {
                    yield return file;
                }
            }
        }
    }
}
