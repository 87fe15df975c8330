namespace Larder.Host.Daemon;

/// <summary>One storage of <c>larder.json</c>. Says where a credential is, never what it is.</summary>
internal sealed record StorageSettings
{
    /// <summary>Its name: lower-case letters, digits and single hyphens. Key <c>name</c>.</summary>
    public string Name { get; init; } = "";

    /// <summary><c>folder</c> or <c>azure-blob</c>. Key <c>kind</c>.</summary>
    public string Kind { get; init; } = "";

    /// <summary>Of a folder: its absolute path. Key <c>path</c>.</summary>
    public string? Path { get; init; }

    /// <summary>Of Azure Blob Storage: the container, needed with a connection string. Key <c>container</c>.</summary>
    public string? Container { get; init; }

    /// <summary>Of Azure Blob Storage: what the names of all blobs begin with. Key <c>prefix</c>.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>An owner-only file with the connection string, or the container's URL with a shared access signature. Key <c>credentialFile</c>.</summary>
    public string? CredentialFile { get; init; }

    /// <summary>Instead of the file: the environment variable of the daemon that holds the same. Key <c>credentialVariable</c>.</summary>
    public string? CredentialVariable { get; init; }

    /// <summary>Of Azure Blob Storage: how many seconds one call may go without an answer, 1 to 600. Key <c>callSeconds</c>. Default 30.</summary>
    public int? CallSeconds { get; init; }

    /// <summary>Of Azure Blob Storage: how often a call that failed is tried again, 0 to 20, after growing pauses. Key <c>retries</c>. Default 4.</summary>
    public int? Retries { get; init; }

    /// <summary>An owner-only file with 32 bytes in Base64: everything is encrypted with them before it leaves. Key <c>encryptionKeyFile</c>.</summary>
    public string? EncryptionKeyFile { get; init; }
}
