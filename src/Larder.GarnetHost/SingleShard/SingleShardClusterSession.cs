using System.Diagnostics.CodeAnalysis;
using Garnet.common;
using Garnet.server;
using Garnet.server.ACL;
using Tsavorite.core;

namespace Larder.GarnetHost.SingleShard;

/// <summary>
/// Garnet's own cluster session, except that the node's role decides what it serves, and not who owns which slot: a primary takes every
/// command, a replica those that only read. A session belongs to one connection and is used by one thread at a time.
/// </summary>
/// <param name="inner">Garnet's own.</param>
/// <param name="provider">Knows the node's role.</param>
internal sealed unsafe class SingleShardClusterSession(IClusterSession inner, IClusterProvider provider) : IClusterSession
{
    private bool _refused;

    private static ReadOnlySpan<byte> ReadOnlyError => "READONLY You can't write against a read only replica."u8;

    public string RemoteNodeId => inner.RemoteNodeId;

    public bool ReadOnlySession => inner.ReadOnlySession;

    public bool IsInternalWriteSession => inner.IsInternalWriteSession;

    public bool IsWritePaused => inner.IsWritePaused;

    public bool IsReplicating => inner.IsReplicating;

    public IGarnetServer Server
    {
        get => inner.Server;
        set => inner.Server = value;
    }

    public long LocalCurrentEpoch => inner.LocalCurrentEpoch;

    // Asked key by key, in a transaction; true: go on.
    public bool NetworkIterativeSlotVerify(PinnedSpanByte keySlice, bool readOnly, byte SessionAsking, bool waitForStableSlot)
    {
        _refused |= !Serves(readOnly);
        return !_refused;
    }

    // Asked once for all keys of a command; true: it is refused, and the error written.
    public bool NetworkMultiKeySlotVerify(
        ref SessionParseState parseState, ref ClusterSlotVerificationInput csvi, ref byte* dcurr, ref byte* dend, bool isTxn = false)
    {
        if (Serves(csvi.readOnly))
        {
            return false;
        }

        // Without room in the buffer the error is Garnet's own, which can send what is in it: nobody owns a slot here.
        return RespWriteUtils.TryWriteError(ReadOnlyError, ref dcurr, dend)
            || inner.NetworkMultiKeySlotVerify(ref parseState, ref csvi, ref dcurr, ref dend, isTxn);
    }

    public bool NetworkMultiKeySlotVerifyNoResponse(
        ref SessionParseState parseState, ref ClusterSlotVerificationInput csvi, ref byte* dcurr, ref byte* dend, bool isTxn = false) =>
        !Serves(csvi.readOnly);

    public void ResetCachedSlotVerificationResult()
    {
        _refused = false;
        inner.ResetCachedSlotVerificationResult();
    }

    public void WriteCachedSlotVerificationMessage(ref MemoryResult<byte> output) => RespWriteUtils.TryWriteError(ReadOnlyError, ref output);

    public void AcquireCurrentEpoch() => inner.AcquireCurrentEpoch();

    [SuppressMessage("Usage", "CA1816", Justification = "Nothing is finalized here; the interface asks for the method.")]
    public void Dispose() => inner.Dispose();

    public void ProcessClusterCommands(
        RespCommand command, VectorManager vectorManager, ref SessionParseState parseState, ref byte* dcurr, ref byte* dend) =>
        inner.ProcessClusterCommands(command, vectorManager, ref parseState, ref dcurr, ref dend);

    public void ProcessPrimaryStream(
        int physicalSublogIdx, byte* record, int recordLength, long previousAddress, long currentAddress, long nextAddress) =>
        inner.ProcessPrimaryStream(physicalSublogIdx, record, recordLength, previousAddress, currentAddress, nextAddress);

    public void ReleaseCurrentEpoch() => inner.ReleaseCurrentEpoch();

    public void SetInternalWriteSession() => inner.SetInternalWriteSession();

    public void SetReadOnlySession() => inner.SetReadOnlySession();

    public void SetReadWriteSession() => inner.SetReadWriteSession();

    public void SetUserHandle(UserHandle userHandle) => inner.SetUserHandle(userHandle);

    public void UnsafeSetConfig(string replicaOf) => inner.UnsafeSetConfig(replicaOf);

    public void WaitForWritesToResume() => inner.WaitForWritesToResume();

    // Garnet marks the sessions in which it applies what a primary sent.
    private bool Serves(bool readOnly) => readOnly || inner.IsInternalWriteSession || !provider.IsReplica();
}
