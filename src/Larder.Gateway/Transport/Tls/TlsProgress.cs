namespace Larder.Gateway.Transport.Tls;

/// <summary>How far a step of TLS came.</summary>
internal enum TlsProgress : byte
{
    /// <summary>It is done.</summary>
    Done,

    /// <summary>More must arrive.</summary>
    WantRead,

    /// <summary>The system must take more.</summary>
    WantWrite,
}
