using System.Text.RegularExpressions;
using Larder.Backup.Azure;
using Larder.Backup.Encryption;
using Larder.Backup.Storages;
using Larder.Model;
using Larder.Model.Installation;
using Larder.Security.Files;

namespace Larder.Host.Daemon;

/// <summary>Makes the storages that <c>larder.json</c> lists, and the two folders that every installation has.</summary>
internal static partial class DaemonStorages
{
    private const string Folder = "folder";
    private const string AzureBlob = "azure-blob";

    /// <summary>Makes them; connects to none.</summary>
    /// <param name="home">The home.</param>
    /// <param name="settings">What is listed.</param>
    /// <param name="environment">Reads environment variables.</param>
    /// <returns>The storages.</returns>
    /// <exception cref="DaemonStartException">Something in the list is wrong; every problem is told, no credential is.</exception>
    public static StorageCatalogue Create(LarderHome home, IReadOnlyList<StorageSettings> settings, Func<string, string?> environment)
    {
        var problems = new List<string>();
        var storages = new Dictionary<string, IStorage>(StringComparer.Ordinal);
        for (var index = 0; index < settings.Count; index++)
        {
            var one = settings[index];
            var where = $"storages[{index}]{(one.Name.Length > 0 ? $" ('{one.Name}')" : "")}";
            if (!StorageName().IsMatch(one.Name))
            {
                problems.Add($"{where}: name is '{one.Name}'; it must be 1 to 63 lower-case letters, digits and single hyphens");
            }
            else if (storages.ContainsKey(one.Name) || settings.Take(index).Any(before => before.Name == one.Name))
            {
                problems.Add($"{where}: there are two storages named '{one.Name}'; give one of them another name");
            }
            else if (Make(one, where, environment, problems) is { } storage)
            {
                storages[one.Name] = storage;
            }
        }

        foreach (var name in new[] { StorageCatalogue.LocalName, StorageCatalogue.SecondName })
        {
            storages.TryAdd(name, new FolderStorage(name, home.StorageFolder(name)));
        }

        return problems.Count == 0
            ? new StorageCatalogue(storages.Values)
            : throw new DaemonStartException("invalid_settings", $"The storages in {home.SettingsFile} are not valid:", problems, refused: true);
    }

    private static IStorage? Make(StorageSettings one, string where, Func<string, string?> environment, List<string> problems)
    {
        var before = problems.Count;
        var storage = one.Kind switch
        {
            Folder => MakeFolder(one, where, problems),
            AzureBlob => MakeBlob(one, where, environment, problems),
            _ => Wrong($"{where}: kind is '{one.Kind}'; it must be {Folder} or {AzureBlob}"),
        };
        if (one.EncryptionKeyFile is { } keyFile)
        {
            try
            {
                var key = EncryptionKey.Read(keyFile);
                storage = storage is null ? null : new EncryptedStorage(storage, key);
            }
            catch (SecretFileException exception)
            {
                problems.Add($"{where}: {exception.Message}");
            }
        }

        return problems.Count == before ? storage : null;

        IStorage? Wrong(string problem)
        {
            problems.Add(problem);
            return null;
        }
    }

    private static FolderStorage? MakeFolder(StorageSettings one, string where, List<string> problems)
    {
        if (one.Container is not null || one.CredentialFile is not null || one.CredentialVariable is not null || one.Prefix.Length > 0
            || one.CallSeconds is not null || one.Retries is not null)
        {
            problems.Add($"{where}: container, prefix, credentials, callSeconds and retries are for kind {AzureBlob}; leave them out");
        }

        if (one.Path is not { } path || !Path.IsPathFullyQualified(path))
        {
            problems.Add($"{where}: path is '{one.Path}'; it must be the absolute path of a folder");
            return null;
        }

        return new FolderStorage(one.Name, Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
    }

    private static AzureBlobStorage? MakeBlob(StorageSettings one, string where, Func<string, string?> environment, List<string> problems)
    {
        if (one.Path is not null)
        {
            problems.Add($"{where}: path is for kind {Folder}; use container and prefix");
        }

        if (one.Prefix.Length > 0 && ObjectPath.Problem(one.Prefix) is { } problem)
        {
            problems.Add($"{where}: prefix '{one.Prefix}' {problem}");
        }

        if (Credential(one, where, environment, problems) is not { } credential)
        {
            return null;
        }

        var usual = new AzureBlobTimes();
        var times = usual with { CallTimeout = one.CallSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : usual.CallTimeout, Retries = one.Retries ?? usual.Retries };
        if (one.CallSeconds is < 1 or > 600)
        {
            problems.Add($"{where}: callSeconds is {one.CallSeconds}; it must be 1 to 600");
        }

        if (one.Retries is < 0 or > 20)
        {
            problems.Add($"{where}: retries is {one.Retries}; it must be 0 to 20");
        }

        try
        {
            return problems.Count == 0 ? new AzureBlobStorage(one.Name, credential, one.Container, one.Prefix, times) : null;
        }
        catch (ArgumentException exception)
        {
            problems.Add($"{where}: {exception.Message}");
            return null;
        }
    }

    private static Secret? Credential(StorageSettings one, string where, Func<string, string?> environment, List<string> problems)
    {
        switch (one)
        {
            case { CredentialFile: { } file, CredentialVariable: null }:
                if (!File.Exists(file))
                {
                    problems.Add($"{where}: there is no credentialFile '{file}'");
                    return null;
                }

                try
                {
                    OwnerOnlyFile.RequireOwnerOnly(file);
                    return new Secret(File.ReadAllText(file));
                }
                catch (Exception exception) when (exception is SecretFileException or UnauthorizedAccessException or IOException)
                {
                    problems.Add($"{where}: {exception.Message}");
                    return null;
                }

            case { CredentialVariable: { } variable, CredentialFile: null }:
                if (environment(variable) is { Length: > 0 } text)
                {
                    return new Secret(text);
                }

                problems.Add($"{where}: the environment variable {variable} of credentialVariable is not set");
                return null;

            default:
                problems.Add($"{where}: name either a credentialFile or a credentialVariable");
                return null;
        }
    }

    [GeneratedRegex("^(?=.{1,63}$)[a-z0-9]+(-[a-z0-9]+)*$", RegexOptions.CultureInvariant)]
    private static partial Regex StorageName();
}
