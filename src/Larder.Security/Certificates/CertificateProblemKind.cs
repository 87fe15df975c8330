namespace Larder.Security.Certificates;

/// <summary>What is wrong with a user-supplied certificate.</summary>
public enum CertificateProblemKind
{
    /// <summary>A file is not there.</summary>
    FileMissing,

    /// <summary>A file cannot be read by the user who runs Larder.</summary>
    FileUnreadable,

    /// <summary>The certificate file holds no PEM certificate, or a damaged one.</summary>
    NotACertificate,

    /// <summary>The key file holds no PEM private key, or a damaged one.</summary>
    NotAKey,

    /// <summary>The private key is encrypted.</summary>
    KeyEncrypted,

    /// <summary>The private key may be read or changed by other users of the machine.</summary>
    KeyExposed,

    /// <summary>The private key is not the certificate's.</summary>
    KeyMismatch,

    /// <summary>The certificate has ended.</summary>
    Expired,

    /// <summary>The certificate has not begun.</summary>
    NotYetValid,

    /// <summary>The certificate says what it may be used for, and a TLS server is not among it.</summary>
    NotForServers,

    /// <summary>Warning: a name that clients use is not covered.</summary>
    NameNotCovered,

    /// <summary>Warning: the certificate ends in less than 30 days.</summary>
    EndsSoon,
}
