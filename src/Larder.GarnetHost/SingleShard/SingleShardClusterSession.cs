using System.Diagnostics.CodeAnalysis;
using Garnet.common;
using Garnet.server;
using Garnet.server.ACL;
using Tsavorite.core;

namespace Larder.GarnetHost.SingleShard;

/// <summary>
/// Garnet's own cluster session, except that it asks "does this node own the slots?" with one stand-in key for all keys of a command. All
/// slots of an unclustered cache belong to one node, so the answer is the same for every key: a primary takes the command, a replica
/// answers MOVED, a node without a shard CLUSTERDOWN. A session belongs to one connection and is used by one thread at a time.
/// </summary>
/// <param name="inner">Garnet's own.</param>
internal sealed unsafe class SingleShardClusterSession(IClusterSession inner) : IClusterSession
{
    private static readonly byte[] StandInKey = PinnedStandIn();

    // "The key is argument 1, and there is one": the key specification of GET.
    private static readonly SimpleRespKeySpec[] OneKey =
        [new SimpleRespKeySpec { BeginSearch = new SimpleRespKeySpecBeginSearch(1), FindKeys = new SimpleRespKeySpecFindKeys(1, 0, false) }];

    private SessionParseState _standIn = OneArgument();

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

    public bool NetworkIterativeSlotVerify(PinnedSpanByte keySlice, bool readOnly, byte SessionAsking, bool waitForStableSlot) =>
        inner.NetworkIterativeSlotVerify(PinnedSpanByte.FromPinnedSpan(StandInKey), readOnly, SessionAsking, waitForStableSlot);

    public bool NetworkMultiKeySlotVerify(
        ref SessionParseState parseState, ref ClusterSlotVerificationInput csvi, ref byte* dcurr, ref byte* dend, bool isTxn = false)
    {
        var ownership = OwnershipOnly(csvi);
        return inner.NetworkMultiKeySlotVerify(ref _standIn, ref ownership, ref dcurr, ref dend, isTxn);
    }

    public bool NetworkMultiKeySlotVerifyNoResponse(
        ref SessionParseState parseState, ref ClusterSlotVerificationInput csvi, ref byte* dcurr, ref byte* dend, bool isTxn = false)
    {
        var ownership = OwnershipOnly(csvi);
        return inner.NetworkMultiKeySlotVerifyNoResponse(ref _standIn, ref ownership, ref dcurr, ref dend, isTxn);
    }

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

    public void ResetCachedSlotVerificationResult() => inner.ResetCachedSlotVerificationResult();

    public void SetInternalWriteSession() => inner.SetInternalWriteSession();

    public void SetReadOnlySession() => inner.SetReadOnlySession();

    public void SetReadWriteSession() => inner.SetReadWriteSession();

    public void SetUserHandle(UserHandle userHandle) => inner.SetUserHandle(userHandle);

    public void UnsafeSetConfig(string replicaOf) => inner.UnsafeSetConfig(replicaOf);

    public void WaitForWritesToResume() => inner.WaitForWritesToResume();

    public void WriteCachedSlotVerificationMessage(ref MemoryResult<byte> output) => inner.WriteCachedSlotVerificationMessage(ref output);

    private static ClusterSlotVerificationInput OwnershipOnly(ClusterSlotVerificationInput asked)
    {
        asked.keySpecs = OneKey;
        asked.isSubCommand = false;
        return asked;
    }

    private static SessionParseState OneArgument()
    {
        var state = default(SessionParseState);
        state.Initialize();
        state.InitializeWithArgument(PinnedSpanByte.FromPinnedSpan(StandInKey));
        return state;
    }

    private static byte[] PinnedStandIn()
    {
        // Garnet keeps raw pointers to keys, so the array must never move.
        var key = GC.AllocateArray<byte>(1, pinned: true);
        key[0] = (byte)'k';
        return key;
    }
}
