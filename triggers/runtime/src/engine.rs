//! The engine: one per process, shared by every function.

use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

/// Component instances that may live at once in the process, all functions
/// together. Each function's own concurrency keeps it well below.
pub(crate) const MAX_INSTANCES: u32 = 512;

/// With less room than for these a process does not serve.
const MIN_INSTANCES: u32 = 8;

/// Core instances for each component instance: a component made by an SDK is
/// several core modules (adapters, shims) beside its own.
const CORE_INSTANCES_EACH: u32 = 8;

/// No function may ask for more memory than this, whatever its manifest says.
pub(crate) const MAX_MEMORY: usize = 1 << 30;

/// Nor for more references in its tables.
pub(crate) const MAX_TABLE_ELEMENTS: usize = 100_000;

/// Settings that decide what compiled code looks like are the same whether a
/// process serves or only compiles: only then does one load what the other made.
fn config() -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model_async(true)
        .epoch_interruption(true)
        // For profilers alone; traps and backtraces go by frame pointers. Registering
        // it would read through every component's at each start.
        .native_unwind_info(false)
        .async_stack_size(1 << 20)
        .max_wasm_stack(512 << 10);
    config
}

/// Which processors compiled code runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Those that can do all that this machine's can.
    Machine,
    /// All of this machine's architecture, under Linux.
    Portable,
}

/// An engine for a process that only compiles. Where a target is named, nothing is
/// inferred from the processor at hand: what is left is the architecture's baseline,
/// which an engine that serves takes on any of its processors.
pub(crate) fn compiling(target: Target) -> wasmtime::Result<Engine> {
    let mut config = config();
    if target == Target::Portable {
        config.target(&format!("{}-unknown-linux-gnu", std::env::consts::ARCH))?;
    }
    Engine::new(&config)
}

/// An engine for a process that serves, with room for [`MAX_INSTANCES`], or for fewer
/// where the system refuses that much address space: 4 GiB for each instance's memory,
/// which costs nothing but addresses.
pub(crate) fn serving() -> wasmtime::Result<Engine> {
    let mut instances = MAX_INSTANCES;
    loop {
        match pooled(instances) {
            Err(error) if instances > MIN_INSTANCES => {
                instances /= 2;
                tracing::debug!(%error, instances, "a smaller pool of instances is tried");
            }
            Ok(engine) if instances < MAX_INSTANCES => {
                tracing::warn!(
                    instances,
                    "the system gives this process little address space (see `ulimit -v`): \
                     no more instances than these can live at once"
                );
                return Ok(engine);
            }
            result => return result,
        }
    }
}

/// Instances come from a pool made up front, so that a new one costs microseconds. What
/// an instance had of memory goes back to the system with it: keeping some for the next
/// one was measured to be no faster, and a burst left its size behind.
fn pooled(instances: u32) -> wasmtime::Result<Engine> {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(instances * CORE_INSTANCES_EACH)
        .total_memories(instances)
        .total_tables(instances * 4)
        .total_stacks(instances * 2)
        .max_memory_size(MAX_MEMORY)
        .table_elements(MAX_TABLE_ELEMENTS)
        // What is composed of several components has as many memories.
        .max_memories_per_component(16)
        .max_core_instances_per_component(120)
        .max_component_instance_size(1 << 20);
    let mut config = config();
    // What a call's stack had of memory goes back, too.
    config.async_stack_zeroing(true);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::new(&config)
}
